"""Linked worktrees of a person's repository, as git in hands makes, merges and keeps them.

Every function runs git in hands that may write the repository's git directory and one worktree, named to git outright:
the `.git` of a worktree is a file that an agent could have written. Filters of the repository are never run here.
"""
