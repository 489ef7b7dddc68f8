"""This kit beside its peers: the same checks on the same submissions, in time and in scores."""
