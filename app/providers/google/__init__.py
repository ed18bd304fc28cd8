"""Google Veo on Vertex: clips from text, a first frame, or a first and a last one.

Checklist: error table complete (`errors.py`, one test per row); cancelling leaves no connection; every call has a total
deadline; keys, prompts and media stay out of logs; a file is capped; the capability record refuses what the vendor
refuses; lost replies: not at all, because there is no list; prices stand in usage.
"""
