"""OpenAI and servers that speak its wire: plans by a supervisor agent, pictures, speech and verdicts.

Checklist: error table complete (`errors.py`, one test per row); cancelling leaves no connection; every call has a total
deadline; keys, prompts and media stay out of logs; replies are capped and never unpacked; the capability record refuses
what the vendor refuses; lost replies: not at all, plans and speech may be repeated once; prices stand in usage.
"""
