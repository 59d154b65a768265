"""Twilio: texts out, calls and texts in, and the log of both. Its SDK is loaded at the first request."""
