"""The HTTP side: the v1 API, the hooks that vendors post to, and what operations needs."""
