"""MiniMax: clips, speech, voices, pictures and music over its own HTTP interface.

Checklist: error table complete (`errors.py`, one test per row); cancelling leaves no connection; every call has a total
deadline; keys, prompts and encoded media stay out of logs; replies and files are capped; the capability record refuses
what the vendor refuses; lost replies: v1 by callback, v2 also by list, clones by repeating; prices stand in usage.
"""
