"""What a dataset hands out: the kinds of tables there are, each as a file of any form, and all of them as one zip."""
