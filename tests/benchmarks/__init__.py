"""Speed and memory of a real ``recovery serve`` beside the sandbox, each figure with its floor (``make bench``)."""
