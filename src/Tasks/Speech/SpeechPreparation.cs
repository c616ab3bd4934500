using Graft.Audio;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>What is done to a sound before the model sees it, and what its labels or tokens are called.</summary>
public sealed record SpeechPreparation
{
    /// <summary>The file of a model's folder that says what is done to sounds.</summary>
    public const string FileName = PreprocessorConfig.FileName;

    private const string RateKey = "sampling_rate", NormaliseKey = "do_normalize", MaskKey = "return_attention_mask", WidthKey = "feature_size", FourierKey = "n_fft",
        HopKey = "hop_length", PaddingKey = "padding_value", ClassKey = "feature_extractor_type", ChunkKey = "chunk_length", SamplesKey = "n_samples", FramesKey = "nb_max_frames";

    private readonly FeatureExtractor? features;

    private SpeechPreparation(int sampleRate, FeatureExtractor? features) => (SampleRate, this.features) = (sampleRate, features);

    /// <summary>How many samples a second the model reads; sounds of another rate are brought to it, and channels to their mean.</summary>
    public int SampleRate { get; }

    /// <summary>Whether samples are brought to mean 0 and variance 1 (<c>do_normalize</c>).</summary>
    public bool IsNormalised { get; private init; }

    /// <summary>Whether the silence that fills shorter sounds of a batch up is hidden from the model (<c>return_attention_mask</c>).</summary>
    public bool HidesPadding { get; private init; }

    /// <summary>The signs of a model that tells one for each frame; null for others, and where they are to be taken from the texts of a fine-tuning.</summary>
    public CtcVocabulary? Vocabulary { get; init; }

    /// <summary>The tokens of a model that writes; null for others.</summary>
    public Tokeniser? Tokeniser { get; init; }

    /// <summary>The samples of a sound that a model of a fixed length takes; null for any number.</summary>
    public int? Window { get; private init; }

    /// <summary>How many samples one frame of features, or one sample, stands for.</summary>
    internal int Hop => features?.Options.HopLength ?? 1;

    /// <summary>What a folder says for its model, or what suits the model where it says nothing.</summary>
    /// <exception cref="CheckpointException">The file is malformed or asks for what is not built.</exception>
    internal static SpeechPreparation Read(string? folder, SpeechModel model)
    {
        string path = folder is null ? "" : ModelFolder.PathOf(folder, FileName);
        var members = File.Exists(path) ? JsonFile.Read(path) : (JsonObjectReader?)null;
        if (members is { } said && said.Integer(RateKey) is { } rate && rate != model.SampleRate)
            throw said.Wrong(RateKey, $"is {rate}, and {model.Name} reads {model.SampleRate} samples a second");
        if (model.InputWidth == 1)
        {
            return new SpeechPreparation(model.SampleRate, null)
            {
                IsNormalised = members?.Flag(NormaliseKey) ?? true,
                HidesPadding = members is { } settings ? settings.Flag(MaskKey) ?? false : true,
            };
        }
        var options = model is WhisperModel ? FeatureOptions.Whisper(model.InputWidth) : FeatureOptions.KeywordTransformer with { Coefficients = model.InputWidth };
        if (members is { } features)
        {
            Require(features, WidthKey, model.InputWidth);
            Require(features, FourierKey, options.FourierLength);
            Require(features, HopKey, options.HopLength!.Value);
        }
        var extractor = new FeatureExtractor(options);
        return new SpeechPreparation(model.SampleRate, extractor) { Window = SamplesOf(model.FixedLength!.Value, options) };
    }

    /// <summary>Sounds as a batch.</summary>
    /// <param name="model">The model that reads it.</param>
    /// <param name="sounds">The samples of each, one or more.</param>
    internal SpeechBatch Batch(SpeechModel model, IReadOnlyList<float[]> sounds)
    {
        if (features is null)
        {
            var batch = SpeechBatch.Pad(sounds, IsNormalised);
            return HidesPadding || batch.Lengths is null ? batch : new SpeechBatch(batch.Sounds, batch.Length, batch.Values);
        }
        int frames = model.FixedLength!.Value, width = features.Width;
        var values = new float[checked(sounds.Count * frames * width)];
        for (int row = 0; row < sounds.Count; row++)
            features.Extract(Filled(sounds[row])).Values.CopyTo(values.AsSpan(row * frames * width));
        return new SpeechBatch(sounds.Count, frames, values, width: width);
    }

    /// <summary>The features of a whole sound with a window of silence behind it, of which windows are cut.</summary>
    internal AudioFeatures Whole(float[] samples)
    {
        var filled = new float[checked(samples.Length + Window!.Value)];
        samples.CopyTo(filled, 0);
        return features!.Extract(filled);
    }

    /// <summary>What <c>graft.json</c> records, and the file says in whatever form it was.</summary>
    internal byte[] Format() => JsonFile.Format(writer =>
    {
        writer.WriteString(ClassKey, features is null ? "Wav2Vec2FeatureExtractor" : IsOfWhisper ? "WhisperFeatureExtractor" : "KeywordTransformerFeatureExtractor");
        writer.WriteNumber(RateKey, SampleRate);
        writer.WriteNumber(WidthKey, features?.Width ?? 1);
        writer.WriteNumber(PaddingKey, 0.0);
        if (features is null)
        {
            writer.WriteBoolean(NormaliseKey, IsNormalised);
            writer.WriteBoolean(MaskKey, HidesPadding);
            return;
        }
        writer.WriteNumber(FourierKey, features.Options.FourierLength);
        writer.WriteNumber(HopKey, Hop);
        if (!IsOfWhisper) return;
        writer.WriteNumber(SamplesKey, Window!.Value);
        writer.WriteNumber(FramesKey, Window!.Value / Hop);
        if (Window!.Value % SampleRate == 0) writer.WriteNumber(ChunkKey, Window!.Value / SampleRate);
    });

    private bool IsOfWhisper => features?.Options.Logarithm == FeatureLogarithm.Whisper;

    /// <summary>The samples that make so many frames.</summary>
    private static int SamplesOf(int frames, FeatureOptions options) => options.Framing == Framing.Windows
        ? options.WindowLength!.Value + (frames - 1) * options.HopLength!.Value : frames * options.HopLength!.Value;

    private static void Require(JsonObjectReader members, string name, int built)
    {
        if (members.Integer(name) is { } said && said != built) throw members.Wrong(name, $"is {said}, and {built} is what the model was trained with");
    }

    private float[] Filled(float[] samples)
    {
        if (samples.Length == Window) return samples;
        var filled = new float[Window!.Value];
        samples.AsSpan(0, Math.Min(samples.Length, filled.Length)).CopyTo(filled);
        return filled;
    }
}
