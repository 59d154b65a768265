"""The v1 API, one module for each subject. Each ends in ``OPERATIONS``, to be bound and documented."""
