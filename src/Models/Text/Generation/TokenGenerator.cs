using System.Runtime.CompilerServices;

namespace Graft.Models;

/// <summary>Writes tokens behind prompts (Hugging Face's <c>generate</c>).</summary>
/// <remarks>Prompts of a batch may have different lengths; none has padding. Where the model's context ends before the greatest length, sequences end
/// there.</remarks>
public static class TokenGenerator
{
    /// <summary>The sequences behind each prompt.</summary>
    /// <param name="step">What scores the next token; it is used by this call alone meanwhile.</param>
    /// <param name="prompts">The tokens of each prompt, one or more.</param>
    /// <param name="options">How tokens are chosen; null for Hugging Face's defaults.</param>
    /// <param name="cancellation">Ends the call between two tokens.</param>
    /// <returns>For each prompt in turn <see cref="GenerationOptions.ReturnedSequences"/> sequences.</returns>
    /// <exception cref="ArgumentException">The options contradict themselves, a prompt has no token or leaves the model no room, or a token is none of the
    /// vocabulary.</exception>
    /// <exception cref="InvalidOperationException">No token is allowed, or the model's scores are no numbers.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<GeneratedSequence> Generate(
        DecodingStep step, IReadOnlyList<int[]> prompts, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        var settings = SettingsOf(step, prompts, options);
        if (settings.Options.Beams > 1) return new BeamSearch(settings).Run(cancellation);
        var search = new RowSearch(settings);
        while (search.Advance(cancellation))
        {
        }
        return search.Sequences();
    }

    /// <summary>The tokens as they are chosen, those of a step in the order of their sequences.</summary>
    /// <param name="step">What scores the next token; it is used by this call alone until the enumeration ends.</param>
    /// <param name="prompts">The tokens of each prompt, one or more.</param>
    /// <param name="options">How tokens are chosen, without beams; null for Hugging Face's defaults.</param>
    /// <param name="cancellation">Ends the enumeration between two tokens.</param>
    /// <exception cref="ArgumentException">As for <see cref="Generate"/>, or there are beams, whose tokens are known at the end alone.</exception>
    /// <exception cref="InvalidOperationException">No token is allowed, or the model's scores are no numbers.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IEnumerable<GeneratedToken> Stream(
        DecodingStep step, IReadOnlyList<int[]> prompts, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        return Tokens(StreamOf(step, prompts, options), cancellation);

        static IEnumerable<GeneratedToken> Tokens(RowSearch search, CancellationToken cancellation)
        {
            while (search.Advance(cancellation))
                foreach (var token in search.Chosen) yield return token;
        }
    }

    /// <summary>As <see cref="Stream"/>, each step being computed by a thread of the pool.</summary>
    /// <param name="step">What scores the next token; it is used by this call alone until the enumeration ends.</param>
    /// <param name="prompts">The tokens of each prompt, one or more.</param>
    /// <param name="options">How tokens are chosen, without beams; null for Hugging Face's defaults.</param>
    /// <param name="cancellation">Ends the enumeration between two tokens.</param>
    /// <exception cref="ArgumentException">As for <see cref="Stream"/>.</exception>
    /// <exception cref="InvalidOperationException">No token is allowed, or the model's scores are no numbers.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IAsyncEnumerable<GeneratedToken> StreamAsync(
        DecodingStep step, IReadOnlyList<int[]> prompts, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        return Tokens(StreamOf(step, prompts, options), cancellation);

        static async IAsyncEnumerable<GeneratedToken> Tokens(RowSearch search, [EnumeratorCancellation] CancellationToken cancellation)
        {
            while (await Task.Run(() => search.Advance(cancellation), cancellation).ConfigureAwait(false))
                foreach (var token in search.Chosen) yield return token;
        }
    }

    private static RowSearch StreamOf(DecodingStep step, IReadOnlyList<int[]> prompts, GenerationOptions? options)
    {
        var settings = SettingsOf(step, prompts, options);
        if (settings.Options.Beams > 1)
            throw new ArgumentException($"generation: the tokens of {settings.Options.Beams} beams are known at the end alone: stream without beams, or generate");
        return new RowSearch(settings);
    }

    private static SearchSettings SettingsOf(DecodingStep step, IReadOnlyList<int[]> prompts, GenerationOptions? options)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(prompts);
        return new SearchSettings(step, prompts, options ?? new GenerationOptions());
    }
}
