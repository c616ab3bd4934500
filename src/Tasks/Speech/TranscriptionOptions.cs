namespace Graft.Tasks;

/// <summary>How speech is written down. Each model uses its own part.</summary>
public sealed record TranscriptionOptions
{
    /// <summary>The language that is spoken, by the code of a Whisper of several languages ("en"); null to have the model tell it.</summary>
    public string? Language { get; init; }

    /// <summary>What such a Whisper does: <c>transcribe</c>, or <c>translate</c> into English.</summary>
    public string Task { get; init; } = "transcribe";

    /// <summary>Whether times are told: of words by signs of frames, of the stretches that Whisper divides speech into.</summary>
    public bool HasTimestamps { get; init; }

    /// <summary>How many likeliest texts a search goes on with at a time; null for what the model's folder says, or 1.</summary>
    public int? Beams { get; init; }

    /// <summary>How Whisper chooses tokens; null for what <c>generation_config.json</c> says.</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>How many seconds signs of frames are told from at a time; what is longer is heard in windows that overlap by a sixth on each side.</summary>
    public double ChunkSeconds { get; init; } = 30;
}

/// <summary>What is said in a sound.</summary>
/// <param name="Name">The sound's file, or what it is called.</param>
/// <param name="Text">What is said.</param>
public sealed record Transcript(string Name, string Text)
{
    /// <summary>The words or stretches with their times; empty where times were not asked for.</summary>
    public IReadOnlyList<TranscriptSegment> Segments { get; init; } = [];

    /// <summary>The language's code; null for a model that does not tell it.</summary>
    public string? Language { get; init; }

    /// <summary>How long the sound lasts, in seconds.</summary>
    public double Seconds { get; init; }
}

/// <summary>A word or a stretch of speech.</summary>
/// <param name="Start">Where it begins, in seconds.</param>
/// <param name="End">Where it ends, in seconds.</param>
/// <param name="Text">What is said.</param>
public sealed record TranscriptSegment(double Start, double End, string Text);
