namespace Graft.Text;

/// <summary>How far the training of word vectors is.</summary>
/// <param name="Share">The share of the work that is done, from 0 to 1.</param>
/// <param name="Words">V, how many words get a vector.</param>
/// <param name="Pairs">How many pairs were learnt from until now: a word and what predicts it, or for GloVe two words that occur near each other.</param>
/// <param name="Loss">The mean loss of a pair in this epoch; null where it is not computed, as word2vec does not.</param>
public readonly record struct WordVectorProgress(double Share, int Words, long Pairs, double? Loss);
