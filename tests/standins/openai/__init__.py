"""A strict stand-in for OpenAI: texts by schema, pictures, speech, verdicts, models."""
