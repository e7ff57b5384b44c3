"""The score: an estimate from the nearest trained neighbors, each weighted by what it tells about the candidate.

Notation used throughout, after `design` of EmProx (Franken, Singh & Vanschoren, PMLR 191, 2022) and kriging
(Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, chapter 2):

    n, m, d   observed architectures, candidates, columns of the embedding
    X, Z      embeddings of the observed (n, d) and of the candidates (m, d), columns times exp(w_g / 2)
    t         scores of the observed values (n,)
    K, k      kernel among the observed (n, n), between candidates and observed (m, n)
    v         noise: variance of one training, as a share of the signal's; a mean of r repeats has v / r
    w_g       logarithm of the scale of group g of columns
    s^2       variance of the signal
"""
