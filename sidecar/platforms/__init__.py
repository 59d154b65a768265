"""n8n and Make over their own APIs: what a command asks of them.

Flows as files are `sidecar.flows`, which needs no network.
"""
