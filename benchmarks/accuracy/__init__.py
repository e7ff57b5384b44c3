"""The comparison of our estimates with the field's predictors."""
