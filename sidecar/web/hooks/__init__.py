"""Where vendors post straight to us, and the unsubscribe page."""
