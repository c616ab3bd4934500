namespace Graft.Models;

/// <summary>Options for one batch of prompts: how long rows may become, and what is done with scores.</summary>
internal sealed class SearchSettings
{
    private readonly LogitsProcessor[] processors;
    private readonly LogitsProcessor[] warpers;

    /// <exception cref="ArgumentException">The options contradict themselves, a prompt has no token or leaves no room, or a token is none of the vocabulary.</exception>
    public SearchSettings(DecodingStep step, IReadOnlyList<int[]> prompts, GenerationOptions options)
    {
        options.Check();
        (Step, Prompts, Options) = (step, prompts, options);
        if (prompts.Count == 0) throw new ArgumentException("generation: there is no prompt");
        for (int number = 0; number < prompts.Count; number++)
        {
            int length = prompts[number].Length;
            if (length == 0) throw new ArgumentException($"generation: prompt {number} has no token: begin it with the model's begin token");
            if (length >= step.MaximumLength)
                throw new ArgumentException($"generation: prompt {number} has {length} tokens, and the model's context of {step.MaximumLength} leaves no room behind it: shorten it");
            LongestPrompt = Math.Max(LongestPrompt, length);
        }
        RequireTokens(step.Vocabulary);
        int wanted = options.MaximumNewTokens ?? options.MaximumLength - LongestPrompt;
        if (wanted < 1)
            throw new ArgumentException($"generation: a prompt has {LongestPrompt} tokens, and max_length is {options.MaximumLength}: raise it, or set max_new_tokens");
        NewTokens = Math.Min(wanted, step.MaximumLength - LongestPrompt);
        processors = [.. MakeProcessors()];
        warpers = options.DoSample ? [.. MakeWarpers()] : [];
    }

    public DecodingStep Step { get; }

    public IReadOnlyList<int[]> Prompts { get; }

    public GenerationOptions Options { get; }

    public int LongestPrompt { get; }

    /// <summary>The most tokens behind a prompt: as many as wanted, or as the model has room for.</summary>
    public int NewTokens { get; }

    /// <summary>The most tokens of a row.</summary>
    public int Capacity => LongestPrompt + NewTokens;

    /// <summary>Makes of a row's scores those by which a token is chosen.</summary>
    public void Process(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores)
    {
        foreach (var processor in processors) processor.Apply(tokens, promptLength, scores);
        foreach (var warper in warpers) warper.Apply(tokens, promptLength, scores);
    }

    /// <summary>Why a sequence ends with the token that came last; null where it goes on.</summary>
    public FinishReason? EndOf(ReadOnlySpan<int> generated)
    {
        var ends = Options.EndTokens;
        for (int i = 0; i < ends.Count; i++)
            if (generated[^1] == ends[i]) return FinishReason.EndToken;
        var rules = Options.StopRules;
        for (int i = 0; i < rules.Count; i++)
            if (rules[i](generated)) return FinishReason.Stopped;
        return null;
    }

    private IEnumerable<LogitsProcessor> MakeProcessors()
    {
        var ends = Options.EndTokens;
        if (Options.RepetitionPenalty != 1f) yield return new RepetitionPenalty(Options.RepetitionPenalty);
        if (Options.NoRepeatNgramSize > 0) yield return new NoRepeatNgram(Options.NoRepeatNgramSize);
        // an end token alone is no bad word
        int[][] words = [.. Options.BadWords.Where(word => word.Length > 1 || !ends.Contains(word[0]))];
        if (words.Length > 0) yield return new BadWords(words);
        int fewest = Math.Max(Options.MinimumNewTokens, Options.MinimumLength - LongestPrompt);
        if (fewest > 0 && ends.Count > 0) yield return new MinimumTokens(fewest, ends);
        if (Options.ForcedBeginToken is { } begin) yield return new ForcedToken(1, begin, isBehindPrompt: false);
        if (Options.ForcedEndToken is { } end) yield return new ForcedToken(NewTokens - 1, end, isBehindPrompt: true);
        if (Options.SuppressedTokens.Count > 0) yield return new Suppressed(Options.SuppressedTokens);
        if (Options.SuppressedAtBegin.Count > 0)
        {
            int forced = Options.ForcedTokens.Count > 0 ? Options.ForcedTokens[^1].Place : 0;
            yield return new Suppressed(Options.SuppressedAtBegin, forced + (LongestPrompt == 1 && Options.ForcedBeginToken is not null ? 1 : 0));
        }
        foreach (var (place, token) in Options.ForcedTokens) yield return new ForcedToken(place, token, isBehindPrompt: false);
        foreach (var processor in Options.Processors) yield return processor;
    }

    private IEnumerable<LogitsProcessor> MakeWarpers()
    {
        // so many candidates that with beams one is left that goes on
        int fewest = Options.Beams > 1 ? Math.Max(1, Options.EndTokens.Count) + 1 : 1;
        if (Options.Temperature != 1f) yield return new Temperature(Options.Temperature);
        if (Options.TopK > 0) yield return new TopK(Math.Max(Options.TopK, fewest));
        if (Options.TopP < 1f) yield return new TopP(Options.TopP, fewest);
        if (Options.MinP > 0f) yield return new MinP(Options.MinP, fewest);
    }

    private void RequireTokens(int vocabulary)
    {
        IEnumerable<int> named = [.. Options.EndTokens, .. Options.BadWords.SelectMany(static word => word), .. Options.SuppressedTokens, .. Options.SuppressedAtBegin,
            .. Options.ForcedTokens.Select(static pair => pair.Token), Options.Filler, Options.ForcedBeginToken ?? 0, Options.ForcedEndToken ?? 0,
            .. Prompts.SelectMany(static prompt => prompt)];
        foreach (int token in named)
            if (token < 0 || token >= vocabulary) throw new ArgumentException($"generation: there is no token {token}: the model knows {vocabulary}");
    }
}
