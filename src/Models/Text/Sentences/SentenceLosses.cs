using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>What embedders learn from, by sentence-transformers' names. Embeddings may be of any length: their cosines are compared.</summary>
/// <remarks>Letters: B pairs, N further texts, E = dimensions.</remarks>
public static class SentenceLosses
{
    /// <summary>sentence-transformers' factor on cosines.</summary>
    public const float DefaultScale = 20f;

    /// <summary>The mean cross-entropy of telling each anchor's own text from those of all others (sentence-transformers'
    /// <c>MultipleNegativesRankingLoss</c>, InfoNCE; van den Oord et al. 2018, Henderson et al. 2017): large batches make it harder, and a text must not
    /// be right for two anchors of a batch.</summary>
    /// <param name="anchors">[B, E].</param>
    /// <param name="positives">What is right for each anchor [B, E].</param>
    /// <param name="negatives">Texts that are wrong for all anchors [N, E]; null for none.</param>
    /// <param name="scale">The factor on cosines: 1 / temperature.</param>
    /// <exception cref="ShapeException">The embeddings are not of those shapes.</exception>
    public static Variable MultipleNegativesRanking(Variable anchors, Variable positives, Variable? negatives = null, float scale = DefaultScale)
    {
        const string Operation = "multiple negatives ranking";
        RequirePairs(Operation, anchors, positives);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scale);
        if (negatives is not null && (negatives.Shape.Rank != 2 || negatives.Shape[1] != anchors.Shape[1]))
            ShapeException.Throw(Operation, $"negatives {negatives.Shape} do not fit {anchors.Shape}", "they have to be [texts, dimensions], of the anchors' dimensions");
        int pairs = anchors.Shape[0];
        var texts = negatives is null ? positives : Variable.Concat([positives, negatives]);
        var own = new int[pairs];
        for (int i = 0; i < pairs; i++) own[i] = i;
        return (anchors.Normalise().MatMul(texts.Normalise().Transpose(0, 1)) * scale).CrossEntropy(own);
    }

    /// <summary>The mean squared difference between the cosine of each pair and a number (sentence-transformers' <c>CosineSimilarityLoss</c>).</summary>
    /// <param name="first">[B, E].</param>
    /// <param name="second">[B, E].</param>
    /// <param name="similarities">How alike the two texts of each pair are, from -1 to 1 [B].</param>
    /// <exception cref="ShapeException">The embeddings are not of those shapes, or there are not as many numbers.</exception>
    public static Variable CosineSimilarity(Variable first, Variable second, ReadOnlySpan<float> similarities)
    {
        RequirePairs("cosine similarity", first, second);
        return (first.Normalise() * second.Normalise()).Sum(1).MeanSquaredError(similarities);
    }

    /// <summary>Texts without labels, each of which is its own positive under another dropout (unsupervised SimCSE, Gao et al. 2021): the batch goes through
    /// the encoder twice, and the two embeddings of a text have to find one another.</summary>
    /// <param name="encoder">The encoder, with dropout.</param>
    /// <param name="pass">A pass that trains.</param>
    /// <param name="batch">B texts, no two of them the same.</param>
    /// <param name="scale">The factor on cosines: 1 / temperature.</param>
    /// <exception cref="ArgumentException">A token, type or position is outside the encoder's tables.</exception>
    public static Variable SimCse(SentenceEncoder encoder, Pass pass, TextBatch batch, float scale = DefaultScale)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        return MultipleNegativesRanking(encoder.Embed(pass, batch), encoder.Embed(pass, batch), null, scale);
    }

    private static void RequirePairs(string operation, Variable first, Variable second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Shape.Rank != 2 || first.Shape != second.Shape)
            ShapeException.Throw(operation, $"{first.Shape} and {second.Shape}", "both have to be [pairs, dimensions], of the same shape");
    }
}
