"""The wire of OpenAI's Videos API, so that its SDKs and their kin work unmodified."""
