"""The shapes of the HTTP contract: requests, answers, and the problems that stand in for an answer."""
