"""Verdicts on texts and pictures: judged once, kept for audit, reviewed by people."""
