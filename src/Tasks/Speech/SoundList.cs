using Graft.Audio;

namespace Graft.Tasks;

/// <summary>Sounds by number: files that are read when they are asked for, or a program's own. What was read is kept up to a limit.</summary>
internal sealed class SoundList
{
    /// <summary>The most bytes of samples that are kept.</summary>
    private const long MostKept = 1L << 30;

    private readonly Lock keeping = new();
    private readonly string[] names;
    private readonly Waveform?[]? given;
    private readonly Dictionary<(int Sound, int Rate), float[]> kept = [];
    private long bytes;

    public SoundList(IEnumerable<string> files) => names = [.. files];

    public SoundList(IEnumerable<Waveform> sounds, string source)
    {
        given = [.. sounds];
        names = [.. given.Select((_, number) => FormattableString.Invariant($"{source}, sound {number + 1}"))];
    }

    public int Count => names.Length;

    /// <summary>The file, or what the sound is called.</summary>
    public string Name(int sound) => names[sound];

    /// <summary>The samples of a sound at a rate, of all its channels mixed.</summary>
    /// <exception cref="AudioException">It cannot be read, or has no samples.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public float[] Samples(int sound, int rate)
    {
        lock (keeping)
            if (kept.TryGetValue((sound, rate), out var known)) return known;
        var samples = SamplesOf(given?[sound] ?? Waveform.Read(names[sound]), rate, names[sound]);
        lock (keeping)
        {
            long more = (long)samples.Length * sizeof(float);
            if (bytes + more <= MostKept && kept.TryAdd((sound, rate), samples)) bytes += more;
        }
        return samples;
    }

    /// <summary>The samples of a sound at a rate, of all its channels mixed.</summary>
    /// <exception cref="AudioException">It has no samples.</exception>
    public static float[] SamplesOf(Waveform sound, int rate, string name) =>
        sound.Length > 0 ? sound.ToMono().Resample(rate).Samples : throw new AudioException(name, "has no samples: there is nothing to hear");
}
