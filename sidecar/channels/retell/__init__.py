"""Retell: the AI voice callback. Its SDK (1.6 s, over 90 MB) is loaded when the first call leaves."""
