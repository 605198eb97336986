"""The hand-over document: what the administrator of a domain's DNS is asked to register, and why.

Owns the document's content, its figures, its translations and its forms (HTML, PDF, Markdown, XLSX). It is made of a
DomainPlan and names that the requester gives; it never asks the DNS and never opens the store.
"""
