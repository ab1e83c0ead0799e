"""What people do to a line of a backward pass, undone: every single edit of the user's own source that might mend it.

Nothing here knows what the right gradient is: edits are generated from the syntax and from what stood in the names.
"""
