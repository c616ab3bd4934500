namespace Graft.Text;

/// <summary>How word2vec learns.</summary>
public enum WordVectorMethod
{
    /// <summary>Each word predicts each of those around it (skip-gram).</summary>
    SkipGram,

    /// <summary>The mean of the words around it predicts a word (continuous bag of words, CBOW).</summary>
    ContinuousBag,
}
