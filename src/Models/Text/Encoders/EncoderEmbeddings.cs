using Graft.Autograd;

namespace Graft.Models;

/// <summary>The sum of token, position and, where the family has them, token type embeddings, normalised: ids [B, T] to [B, T, E].</summary>
internal sealed class EncoderEmbeddings : Module
{
    private readonly Embedding words;
    private readonly Embedding positions;
    private readonly Embedding? types;
    private readonly PromptSlot prompt;
    private readonly LayerNorm norm;
    private readonly Dropout dropout;
    private readonly int firstPosition;
    private readonly int? paddingToken;

    public EncoderEmbeddings(EncoderConfig config)
    {
        (firstPosition, paddingToken) = (config.FirstPosition, config.PaddingToken);
        int? padding = config.Family.CountsPositions ? config.PaddingToken : null;
        var initialiser = Initialiser.Normal(config.InitializerRange);
        words = Add("word_embeddings", new Embedding(
            config.VocabularySize, config.EmbeddingSize, Initialiser.Normal(config.InitializerRange, config.PaddingToken), config.PaddingToken));
        positions = Add("position_embeddings", new Embedding(config.MaximumPositions, config.EmbeddingSize, Initialiser.Normal(config.InitializerRange, padding), padding));
        if (config.TokenTypes > 0) types = Add("token_type_embeddings", new Embedding(config.TokenTypes, config.EmbeddingSize, initialiser));
        prompt = Add("", new PromptSlot(config.EmbeddingSize));
        norm = Add("LayerNorm", config.Norm(config.EmbeddingSize));
        dropout = Add("dropout", new Dropout(config.HiddenDropout));
        // 0, 1, 2 ...: files of before 2023 have them
        IgnoreKey("position_ids");
    }

    public Parameter Words => words.Weight;

    /// <summary>How many learnt embeddings come before the words.</summary>
    public int Prompted => prompt.Count;

    public void Require(TextBatch batch)
    {
        int rows = positions.Weight.Shape[0];
        if (batch.Positions is null && Longest(batch) is var longest && longest > rows - firstPosition)
            throw new ArgumentException($"{longest} tokens are more than the {rows - firstPosition} positions that the model knows: shorten the text");
        words.Require(batch.TokenIds);
        if (types is not null) types.Require(batch.TokenTypes);
        else if (batch.TokenTypes is { } kinds && kinds.AsSpan().ContainsAnyExcept(0))
            throw new ArgumentException("the model knows no token types: leave them out, or all 0");
        positions.Require(batch.Positions);
    }

    public Variable Forward(TextInputs inputs) => LayerScope.Run(this, inputs.Pass, (Embeddings: this, inputs), static given => given.Embeddings.Compute(given.inputs));

    private Variable Compute(TextInputs inputs)
    {
        var pass = inputs.Pass;
        var sum = prompt.Prepend(words.Forward(pass, inputs.TokenIds, inputs.Places));
        bool isPrompted = prompt.Count > 0;
        // without types all tokens are of type 0, and without positions they are 0, 1, 2 ...: the tables' first rows
        if (types is not null) sum += inputs.TokenTypes is { } kinds && !isPrompted ? types.Forward(pass, kinds, inputs.Places) : pass.Of(types.Weight).Slice(0, 0, 1);
        if (inputs.Positions is null && firstPosition > 0 && !isPrompted)
            throw new ArgumentException("the model counts positions over the tokens that are no padding, and the inputs have none: give them positions");
        sum += inputs.Positions is { } given ? positions.Forward(pass, given, inputs.Places)
            : pass.Of(positions.Weight).Slice(0, isPrompted ? firstPosition : inputs.FirstPlace, sum.Shape[1]);
        return dropout.Forward(norm.Forward(sum));
    }

    /// <summary>The most tokens of a sequence that take a position.</summary>
    private int Longest(TextBatch batch)
    {
        if (firstPosition == 0 || paddingToken is not { } padding) return batch.Length;
        int longest = 0;
        for (int row = 0; row < batch.Sequences; row++)
            longest = Math.Max(longest, batch.Length - batch.TokenIds.AsSpan(row * batch.Length, batch.Length).Count(padding));
        return longest;
    }
}
