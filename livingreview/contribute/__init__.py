"""What contributors use: the issue forms, and the merge of what two people changed."""
