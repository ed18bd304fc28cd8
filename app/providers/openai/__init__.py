"""OpenAI and compatible servers: plans by an agent, pictures, speech and verdicts.

Checklist: error table complete (`errors.py`, one test per row); cancelling leaves no connection; every call has a total
deadline; keys, prompts and media stay out of logs and traces are off; replies are capped; the record of capabilities
refuses what the vendor does; lost replies: plans and speech are repeated once, pictures not at all; prices: usage.
"""
