"""The story that `make demo` tells, with evidence: the service as a real process, its clients and verifiers not ours.

boto3 and smtplib send; dkimpy and a small SPF and DMARC check of the demo's own verify. Each row of the table at the
end is held by checks; the exit status is 0 only if all of them are.
"""
