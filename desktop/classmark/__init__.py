"""Classmark tells librarians what documents are about."""
