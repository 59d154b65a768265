"""What the platforms evaluate, parsed: n8n's ``={{ … }}`` is JavaScript, Make's ``{{ … }}`` a language of its own."""
