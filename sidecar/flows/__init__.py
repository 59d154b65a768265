"""Flows checked like code: n8n workflows and Make blueprints are read, never run.

`reading` turns bytes into JSON with a place for every mistake, `documents` finds the flows in it, `n8n` and `make` give
them a shape, `rules/` says what is wrong with them, a family a module, and `linting` puts it together. Nothing here
loads Flask, a vendor's SDK, the store or any data about phones: it starts in a moment and runs in others' CI.
"""
