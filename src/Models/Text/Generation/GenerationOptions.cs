namespace Graft.Models;

/// <summary>When a search with beams ends (<c>early_stopping</c>).</summary>
public enum EarlyStopping
{
    /// <summary>When no beam is likely to become better than the ended ones, judged by its length so far (<c>false</c>).</summary>
    No,

    /// <summary>As soon as as many sequences as beams have ended (<c>true</c>).</summary>
    Yes,

    /// <summary>When no beam can become better than the ended ones (<c>"never"</c>).</summary>
    Never,
}

/// <summary>How tokens are chosen, in the words and with the defaults of Hugging Face's <c>generation_config.json</c>: greedily, drawn at random, or by a
/// search with beams.</summary>
/// <remarks>Lengths that count the prompt count the longest of a batch, as if the others were padded in front.</remarks>
public sealed partial record GenerationOptions
{
    /// <summary>The most tokens behind a prompt (<c>max_new_tokens</c>); null to go by <see cref="MaximumLength"/>.</summary>
    public int? MaximumNewTokens { get; init; }

    /// <summary>The most tokens of a sequence with its prompt (<c>max_length</c>), where <see cref="MaximumNewTokens"/> is null.</summary>
    public int MaximumLength { get; init; } = 20;

    /// <summary>The fewest tokens of a sequence with its prompt (<c>min_length</c>): no end token comes before.</summary>
    public int MinimumLength { get; init; }

    /// <summary>The fewest tokens behind a prompt (<c>min_new_tokens</c>).</summary>
    public int MinimumNewTokens { get; init; }

    /// <summary>Whether tokens are drawn at random (<c>do_sample</c>); else the likeliest is taken.</summary>
    public bool DoSample { get; init; }

    /// <summary>What makes the draws of a run the same ones again.</summary>
    public ulong Seed { get; init; }

    /// <summary>What logits are divided by before a draw (<c>temperature</c>).</summary>
    public float Temperature { get; init; } = 1f;

    /// <summary>A draw is among so many likeliest tokens (<c>top_k</c>); 0 for all.</summary>
    public int TopK { get; init; } = 50;

    /// <summary>A draw is among the likeliest tokens that together have at least this probability (<c>top_p</c>, Holtzman et al. 2020); 1 for all.</summary>
    public float TopP { get; init; } = 1f;

    /// <summary>A draw is among tokens of at least this share of the likeliest one's probability (<c>min_p</c>); 0 for all.</summary>
    public float MinP { get; init; }

    /// <summary>What makes tokens that were there less likely (<c>repetition_penalty</c>, Keskar et al. 2019): positive scores are divided by it, negative
    /// ones multiplied; 1 for none.</summary>
    public float RepetitionPenalty { get; init; } = 1f;

    /// <summary>No run of so many tokens comes twice (<c>no_repeat_ngram_size</c>); 0 for no such rule.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Runs of tokens that never come (<c>bad_words_ids</c>).</summary>
    public IReadOnlyList<int[]> BadWords { get; init; } = [];

    /// <summary>Tokens that never come (<c>suppress_tokens</c>).</summary>
    public IReadOnlyList<int> SuppressedTokens { get; init; } = [];

    /// <summary>Tokens that never come first (<c>begin_suppress_tokens</c>).</summary>
    public IReadOnlyList<int> SuppressedAtBegin { get; init; } = [];

    /// <summary>The token behind a prompt of one token (<c>forced_bos_token_id</c>); null for none.</summary>
    public int? ForcedBeginToken { get; init; }

    /// <summary>The token that ends a sequence of the greatest length (<c>forced_eos_token_id</c>); null for none.</summary>
    public int? ForcedEndToken { get; init; }

    /// <summary>Tokens at places of a sequence, its prompt counted (<c>forced_decoder_ids</c>).</summary>
    public IReadOnlyList<(int Place, int Token)> ForcedTokens { get; init; } = [];

    /// <summary>How many sequences a search goes on with at a time (<c>num_beams</c>); 1 for none.</summary>
    public int Beams { get; init; } = 1;

    /// <summary>The power of a sequence's length that its score is divided by (<c>length_penalty</c>): above 0 longer ones are preferred.</summary>
    public float LengthPenalty { get; init; } = 1f;

    /// <summary>When a search with beams ends.</summary>
    public EarlyStopping EarlyStopping { get; init; }

    /// <summary>How many sequences there are for each prompt (<c>num_return_sequences</c>): draws, or the best of the beams.</summary>
    public int ReturnedSequences { get; init; } = 1;

    /// <summary>The tokens that end a sequence (<c>eos_token_id</c>).</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>What an encoder-decoder's output begins with (<c>decoder_start_token_id</c>); null for none.</summary>
    public int? DecoderStartToken { get; init; }

    /// <summary>What a text begins with (<c>bos_token_id</c>); null for none.</summary>
    public int? BeginToken { get; init; }

    /// <summary>What fills sequences up (<c>pad_token_id</c>); null for the first end token.</summary>
    public int? PaddingToken { get; init; }

    /// <summary>Further changes of the scores, made behind those of the options and before temperature and what else makes a draw.</summary>
    public IReadOnlyList<LogitsProcessor> Processors { get; init; } = [];

    /// <summary>Further ends: a sequence ends where one of them says so.</summary>
    public IReadOnlyList<StopRule> StopRules { get; init; } = [];

    /// <summary>What stands in for tokens of a row that has ended.</summary>
    internal int Filler => PaddingToken ?? (EndTokens.Count > 0 ? EndTokens[0] : 0);

    /// <summary>Refuses what contradicts itself.</summary>
    /// <exception cref="ArgumentException">A value is outside what it may be.</exception>
    public void Check()
    {
        Require(MaximumNewTokens is null or > 0, "max_new_tokens", MaximumNewTokens, "at least 1");
        Require(MaximumLength > 0, "max_length", MaximumLength, "at least 1");
        Require(MinimumLength >= 0, "min_length", MinimumLength, "at least 0");
        Require(MinimumNewTokens >= 0, "min_new_tokens", MinimumNewTokens, "at least 0");
        Require(Temperature > 0 && float.IsFinite(Temperature), "temperature", Temperature, "above 0; without do_sample the likeliest token is taken");
        Require(TopK >= 0, "top_k", TopK, "at least 0");
        Require(TopP is > 0 and <= 1, "top_p", TopP, "above 0 and at most 1");
        Require(MinP is >= 0 and <= 1, "min_p", MinP, "from 0 to 1");
        Require(RepetitionPenalty > 0 && float.IsFinite(RepetitionPenalty), "repetition_penalty", RepetitionPenalty, "above 0");
        Require(NoRepeatNgramSize >= 0, "no_repeat_ngram_size", NoRepeatNgramSize, "at least 0");
        Require(Beams >= 1, "num_beams", Beams, "at least 1");
        Require(float.IsFinite(LengthPenalty), "length_penalty", LengthPenalty, "a number");
        Require(ReturnedSequences >= 1, "num_return_sequences", ReturnedSequences, "at least 1");
        if (BadWords.Any(static word => word.Length == 0)) throw new ArgumentException("bad_words_ids has a word without a token");
        if (ReturnedSequences == 1) return;
        if (Beams == 1 && !DoSample)
            throw new ArgumentException($"num_return_sequences is {ReturnedSequences}, and without draws and beams there is one likeliest sequence: set do_sample or num_beams");
        if (Beams > 1 && ReturnedSequences > Beams)
            throw new ArgumentException($"num_return_sequences is {ReturnedSequences}, more than the {Beams} of num_beams");
    }

    private static void Require<T>(bool isRight, string name, T value, string rule)
    {
        if (!isRight) throw new ArgumentException(FormattableString.Invariant($"{name} is {value}, and it has to be {rule}"));
    }
}
