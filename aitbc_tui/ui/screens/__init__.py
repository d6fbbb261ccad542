"""Whole screens: dashboard, submit, job, receipt, help."""
