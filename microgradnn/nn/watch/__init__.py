"""Training, seen: on a page that a server of this machine's own feeds, and in a file that replays it."""
