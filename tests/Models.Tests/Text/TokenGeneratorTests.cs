using System.Text;

namespace Graft.Models.Tests;

/// <summary>The searches over scores that are written down here.</summary>
public sealed class TokenGeneratorTests
{
    private const int End = 4;

    /// <summary>Logits of the next token after each: the search's texts can be counted out.</summary>
    private static readonly float[][] Table =
    [
        [0.1f, 2.0f, 1.5f, -1.0f, -0.5f], [1.2f, -0.3f, 0.9f, 0.8f, 0.2f], [0.4f, 0.7f, -1.1f, 1.6f, 1.3f], [1.9f, 0.2f, 0.5f, -0.6f, 1.7f], [0f, 0f, 0f, 0f, 0f],
    ];

    [Theory]
    [InlineData(1f)]
    [InlineData(0f)]
    [InlineData(-0.7f)]
    [InlineData(2.5f)]
    public void Beams_for_all_texts_find_the_best(float lengthPenalty)
    {
        const int Prompt = 2, NewTokens = 4;
        var all = new List<(double Score, int[] Tokens)>();
        Extend([], 0);
        all.Sort(static (left, right) => right.Score.CompareTo(left.Score));
        var options = new GenerationOptions
        {
            MaximumNewTokens = NewTokens,
            EndTokens = [End],
            Beams = 400,
            ReturnedSequences = 5,
            LengthPenalty = lengthPenalty,
            EarlyStopping = EarlyStopping.Never,
        };
        var found = TokenGenerator.Generate(new Scripted(), [[3, 0]], options);
        for (int rank = 0; rank < 5; rank++)
        {
            Assert.Equal(all[rank].Score, found[rank].Score!.Value, 1e-6);
            Assert.Equal(all[rank].Tokens, found[rank].Tokens);
            Assert.Equal(all[rank].Tokens[^1] == End ? FinishReason.EndToken : FinishReason.Length, found[rank].Finish);
        }

        void Extend(int[] tokens, double sum)
        {
            int last = tokens.Length == 0 ? 0 : tokens[^1];
            for (int token = 0; token < Table.Length; token++)
            {
                double next = sum + Table[last][token] - Math.Log(Table[last].Sum(static logit => Math.Exp(logit)));
                int[] longer = [.. tokens, token];
                // an end token is not counted
                if (token == End) all.Add((next / Math.Pow(Prompt + tokens.Length, lengthPenalty), longer));
                else if (longer.Length == NewTokens) all.Add((next / Math.Pow(Prompt + NewTokens, lengthPenalty), longer));
                else Extend(longer, next);
            }
        }
    }

    [Fact]
    public void Beams_end_early_where_they_are_told_to()
    {
        var options = new GenerationOptions { MaximumNewTokens = 12, EndTokens = [End], Beams = 2, LengthPenalty = 3f };
        int[] Lengths(EarlyStopping stopping)
        {
            var step = new Scripted();
            TokenGenerator.Generate(step, [[2]], options with { EarlyStopping = stopping });
            return [step.Steps];
        }

        Assert.True(Lengths(EarlyStopping.Yes)[0] < Lengths(EarlyStopping.Never)[0]);
        Assert.True(Lengths(EarlyStopping.No)[0] <= Lengths(EarlyStopping.Never)[0]);
    }

    [Fact]
    public void Draws_come_as_often_as_their_probabilities_say()
    {
        const int Count = 4000;
        var options = new GenerationOptions { MaximumNewTokens = 1, DoSample = true, ReturnedSequences = Count, Temperature = 0.8f, Seed = 3 };
        double[] counts = new double[Table.Length], shares = Softmax(Table[1], 0.8);
        foreach (var sequence in TokenGenerator.Generate(new Scripted(), [[1]], options)) counts[sequence.Tokens[0]]++;
        for (int token = 0; token < counts.Length; token++)
            Assert.True(Math.Abs(counts[token] / Count - shares[token]) < 4 * Math.Sqrt(shares[token] / Count), $"token {token} came {counts[token]} times, with {shares[token]}");
    }

    [Fact]
    public void A_seed_makes_the_same_draws_again()
    {
        foreach (int beams in (int[])[1, 3])
        {
            var options = new GenerationOptions { MaximumNewTokens = 10, DoSample = true, ReturnedSequences = 2, Beams = beams, Seed = 7 };
            Assert.Equal(Texts(options), Texts(options));
            Assert.NotEqual(Texts(options), Texts(options with { Seed = 8 }));
        }

        static string Texts(GenerationOptions options) => string.Join('|', TokenGenerator.Generate(new Scripted(), [[0], [1]], options).Select(one => string.Join(' ', one.Tokens)));
    }

    [Theory]
    [InlineData(2, 1f, 0f, "1 2")]
    [InlineData(0, 0.5f, 0f, "1")]
    [InlineData(0, 0.9f, 0f, "0 1 2")]
    [InlineData(0, 1f, 0.5f, "1 2")]
    [InlineData(0, 1f, 0.1f, "0 1 2")]
    [InlineData(3, 0.5f, 0f, "1")]
    public void Draws_are_among_the_likeliest(int topK, float topP, float minP, string among)
    {
        // 0.0814, 0.5444, 0.3302, 0.0271 and 0.0169... by their softmax
        var options = new GenerationOptions { MaximumNewTokens = 1, DoSample = true, ReturnedSequences = 600, TopK = topK, TopP = topP, MinP = minP };
        var drawn = TokenGenerator.Generate(new Scripted(), [[0]], options).Select(one => one.Tokens[0]).Distinct().Order();
        Assert.Equal(among, string.Join(' ', drawn));
    }

    [Fact]
    public void Scores_are_changed_by_their_rules()
    {
        Assert.Equal("1 0 1 0 1 0", Greedy(new GenerationOptions { MaximumNewTokens = 6 }));
        // 0: 2.0 / 4 of token 1 falls below 1.5 of token 2
        Assert.Equal("1 2 3", Greedy(new GenerationOptions { MaximumNewTokens = 3, RepetitionPenalty = 4f }));
        Assert.Equal("1 0 2 3 0 0", Greedy(new GenerationOptions { MaximumNewTokens = 6, NoRepeatNgramSize = 2 }));
        Assert.Equal("1 2 3", Greedy(new GenerationOptions { MaximumNewTokens = 3, BadWords = [[1, 0], [2, 3, 0]] }));
        Assert.Equal("2 3 4", Greedy(new GenerationOptions { MaximumNewTokens = 5, SuppressedTokens = [1, 0], EndTokens = [End] }));
        Assert.Equal("2 3 2 3", Greedy(new GenerationOptions { MaximumNewTokens = 4, SuppressedTokens = [1, 0], EndTokens = [End], MinimumNewTokens = 4 }));
        Assert.Equal("2 3 2 3 4", Greedy(new GenerationOptions { MaximumNewTokens = 9, SuppressedTokens = [1, 0], EndTokens = [End], MinimumLength = 4 }));
        Assert.Equal("2 3 0 1", Greedy(new GenerationOptions { MaximumNewTokens = 4, SuppressedAtBegin = [1] }));
        Assert.Equal("3 0 1", Greedy(new GenerationOptions { MaximumNewTokens = 3, ForcedBeginToken = 3 }));
        Assert.Equal("1 0 4", Greedy(new GenerationOptions { MaximumNewTokens = 3, ForcedEndToken = End }));
        Assert.Equal("2 1 0", Greedy(new GenerationOptions { MaximumNewTokens = 3, ForcedTokens = [(1, 2), (2, 1)] }));
        Assert.Equal("1 0 1", Greedy(new GenerationOptions { MaximumNewTokens = 9, StopRules = [static tokens => tokens.Length == 3] }));
        Assert.Equal("1 0 1 0", Greedy(new GenerationOptions { MaximumLength = 5 }));

        static string Greedy(GenerationOptions options) => string.Join(' ', TokenGenerator.Generate(new Scripted(), [[0]], options)[0].Tokens);
    }

    [Fact]
    public async Task Tokens_arrive_as_they_are_chosen_and_a_search_can_be_cancelled()
    {
        var options = new GenerationOptions { MaximumNewTokens = 5, EndTokens = [3] };
        int[][] prompts = [[0], [2]];
        var whole = TokenGenerator.Generate(new Scripted(), prompts, options);
        List<int>[] rows = [[], []];
        var ends = new FinishReason?[2];
        await foreach (var token in TokenGenerator.StreamAsync(new Scripted(), prompts, options, TestContext.Current.CancellationToken))
        {
            rows[token.Sequence].Add(token.Token);
            ends[token.Sequence] = token.Finish;
        }
        Assert.Equal(whole.Select(one => string.Join(' ', one.Tokens)), rows.Select(row => string.Join(' ', row)));
        Assert.Equal([FinishReason.Length, FinishReason.EndToken], ends);
        using var source = new CancellationTokenSource();
        int seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in TokenGenerator.StreamAsync(new Scripted(), [[0]], options with { MaximumNewTokens = 1000 }, source.Token))
                if (++seen == 3) await source.CancelAsync();
        });
        Assert.Equal(3, seen);
        Assert.ThrowsAny<OperationCanceledException>(() => TokenGenerator.Generate(new Scripted(), [[0]], options with { Beams = 2 }, source.Token));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Contains("there is no prompt", Refused([]), StringComparison.Ordinal);
        Assert.Contains("prompt 1 has no token", Refused([[0], []]), StringComparison.Ordinal);
        Assert.Contains("there is no token 5: the model knows 5", Refused([[5]]), StringComparison.Ordinal);
        Assert.Contains("max_length is 2", Refused([[0, 1]], new GenerationOptions { MaximumLength = 2 }), StringComparison.Ordinal);
        Assert.Contains("temperature is 0", Refused([[0]], new GenerationOptions { Temperature = 0 }), StringComparison.Ordinal);
        Assert.Contains("num_return_sequences is 2", Refused([[0]], new GenerationOptions { ReturnedSequences = 2 }), StringComparison.Ordinal);
        Assert.Contains("num_return_sequences is 4, more than", Refused([[0]], new GenerationOptions { ReturnedSequences = 4, Beams = 3 }), StringComparison.Ordinal);
        Assert.Contains("stream without beams", Assert.Throws<ArgumentException>(() => TokenGenerator.Stream(new Scripted(), [[0]], new GenerationOptions { Beams = 2 })).Message, StringComparison.Ordinal);
        var everything = new GenerationOptions { SuppressedTokens = [0, 1, 2, 3, 4] };
        Assert.Contains("forbid every token", Assert.Throws<InvalidOperationException>(() => TokenGenerator.Generate(new Scripted(), [[0]], everything)).Message, StringComparison.Ordinal);

        static string Refused(int[][] prompts, GenerationOptions? options = null) =>
            Assert.Throws<ArgumentException>(() => TokenGenerator.Generate(new Scripted(), prompts, options)).Message;
    }

    [Fact]
    public void Options_come_from_a_config()
    {
        var options = Read("""
            {"max_new_tokens": 7, "do_sample": true, "temperature": 0.5, "top_k": 3, "top_p": 0.9, "num_beams": 4, "early_stopping": "never", "eos_token_id": [5, 6],
             "pad_token_id": null, "bad_words_ids": [[1, 2], [3]], "forced_decoder_ids": [[1, null], [2, 9]], "length_penalty": -1, "suppress_tokens": [], "unknown": 1}
            """);
        Assert.Equal((7, true, 0.5f, 3, 0.9f, 4, EarlyStopping.Never, -1f), (options.MaximumNewTokens, options.DoSample, options.Temperature, options.TopK, options.TopP, options.Beams, options.EarlyStopping, options.LengthPenalty));
        Assert.Equal([5, 6], options.EndTokens);
        Assert.Equal(2, options.BadWords.Count);
        Assert.Equal([(2, 9)], options.ForcedTokens);
        Assert.Null(options.PaddingToken);
        Assert.Equal((20, 50, 1f), (Read("{}").MaximumLength, Read("{}").TopK, Read("{}").TopP));
        foreach (var (json, said) in new[]
        {
            ("""{"num_beam_groups": 2}""", "'num_beam_groups' is 2, which is not built"), ("""{"temperature": "hot"}""", "'temperature' is \"hot\", not a number"),
            ("""{"early_stopping": "soon"}""", "early_stopping"), ("""{"eos_token_id": -1}""", "not a token's number"), ("""{"top_p": 3}""", "top_p is 3"),
        })
            Assert.Contains(said, Assert.Throws<CheckpointException>(() => Read(json)).Message, StringComparison.Ordinal);

        static GenerationOptions Read(string json) => GenerationOptions.Of(JsonFile.Parse(Encoding.UTF8.GetBytes(json), "generation_config.json"));
    }

    private static double[] Softmax(float[] logits, double temperature)
    {
        double[] weights = [.. logits.Select(logit => Math.Exp(logit / temperature))];
        return [.. weights.Select(weight => weight / weights.Sum())];
    }

    /// <summary>Scores that depend on the last token alone.</summary>
    private sealed class Scripted : DecodingStep
    {
        public int Steps { get; private set; }

        public override int Vocabulary => Table.Length;

        public override int MaximumLength => int.MaxValue;

        public override void Begin(IReadOnlyList<int[]> prompts, int copies, int capacity, Span<float> logits) =>
            Continue([.. prompts.SelectMany(prompt => Enumerable.Repeat(prompt[^1], copies))], logits);

        public override void Continue(ReadOnlySpan<int> tokens, Span<float> logits)
        {
            Steps++;
            for (int row = 0; row < tokens.Length; row++) Table[tokens[row]].CopyTo(logits[(row * Table.Length)..]);
        }

        public override void Reorder(ReadOnlySpan<int> rows)
        {
        }
    }
}
