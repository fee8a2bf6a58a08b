"""Exporters: one trace, many readers. Each tells a run in one form and changes nothing."""
