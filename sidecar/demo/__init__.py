"""``recovery demo``: a missed call and its recovery, played for real against pretended vendors.

A real ``recovery serve`` in a process group of its own, its SQLite file in a folder that is thrown away, the real
SDKs over real HTTP; at the other end the sandbox, in this process. One virtual clock for all, so that nobody waits
three minutes. Every scenario says beforehand what must go out, and is checked against it: the demo is a test.
"""
