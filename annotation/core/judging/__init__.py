"""The out-of-fold models that judge each label by all the others, and the evidence gathered from them."""
