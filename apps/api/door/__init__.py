"""A door in the shape of ClinicalTrials.gov API v2: the registry's own records of the trials in scope.

Clients written for the registry work on this collection when their base URL is changed. Parameters, shapes and errors
follow the registry's description of its API, version 2.0.5; docs/contracts.md says what is served and how.
"""
