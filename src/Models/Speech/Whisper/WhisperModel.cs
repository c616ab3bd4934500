using System.Globalization;
using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Mel bands [B, T, F] and the words before to <c>logits</c> [B, W, V] of the words that come next, and <c>encoder_last_hidden_state</c> [B, S, D].
/// <see cref="PretrainedSpeechModel"/> makes it.</summary>
/// <remarks>Letters: B sounds, T frames, F bands, S = T / 2 states, W words, V vocabulary, D = width.</remarks>
public sealed class WhisperModel : SpeechModel, ISequenceWriter
{
    private const string Prefix = "model";
    private const int FramesPerState = 2;

    private readonly WhisperConfig config;
    private readonly Embedding words;
    private readonly WhisperEncoder encoder;
    private readonly TransformerStack decoder;

    internal WhisperModel(WhisperConfig config) : base(Whisper.Family.ClassOf(SpeechHead.SequenceToSequence))
    {
        this.config = config;
        var sizes = config.Sizes;
        encoder = Add($"{Prefix}.encoder", new WhisperEncoder(config));
        words = Add($"{Prefix}.decoder.embed_tokens", new Embedding(
            sizes.VocabularySize, sizes.Width, Initialiser.Normal(sizes.Deviations.Words, sizes.PaddingToken), sizes.PaddingToken));
        decoder = Add($"{Prefix}.decoder", new TransformerStack(sizes, isDecoder: true, words));
        AddAlias("proj_out.weight", words.Weight);
        foreach (var (name, modules) in encoder.Stages) AddStage(name, modules);
        AddStage("decoder_embeddings", [words, .. decoder.EmbeddingParts]);
        foreach (var (name, modules) in decoder.Stages) AddStage(name, modules);
        AddStage("head", decoder.Norm!);
    }

    /// <inheritdoc/>
    public override SpeechHead Head => SpeechHead.SequenceToSequence;

    /// <inheritdoc/>
    public override string ModelType => Whisper.Family.ModelType;

    /// <inheritdoc/>
    public override int InputWidth => config.Bands;

    /// <inheritdoc/>
    public override int HiddenSize => config.Sizes.Width;

    /// <inheritdoc/>
    public override int Stride => FramesPerState;

    /// <inheritdoc/>
    public override int? FixedLength => Frames;

    /// <summary>T: how many frames a sound has, those of silence behind it among them.</summary>
    public int Frames => FramesPerState * config.Positions;

    /// <summary>V: how many tokens there are.</summary>
    public int VocabularySize => config.Sizes.VocabularySize;

    /// <summary>The most tokens that it writes for a sound, those that it begins with among them (<c>max_target_positions</c>).</summary>
    public int MaximumTargetLength => config.Sizes.MaximumPositions!.Value;

    /// <summary>The token in front of what it writes (<c>decoder_start_token_id</c>).</summary>
    public int DecoderStartToken => config.Sizes.DecoderStartToken;

    /// <summary>The token that ends a text (<c>eos_token_id</c>); null for none.</summary>
    public int? EndToken => config.Sizes.EndToken;

    int ISequenceWriter.Vocabulary => config.Sizes.VocabularySize;

    int? ISequenceWriter.MostWritten => config.Sizes.MaximumPositions;

    TransformerStack ISequenceWriter.Decoder => decoder;

    Variable ISequenceWriter.Logits(Variable states) => Logits(states);

    WeightLock ISequenceWriter.Lock => Weights;

    internal override string? TrunkKey => Prefix;

    /// <inheritdoc/>
    public override int FramesOf(int length) => length == Frames ? config.Positions
        : throw new ArgumentException($"{Name} reads {Frames} frames, not {length}: cut the sound into pieces, or put silence behind it");

    /// <inheritdoc/>
    public override SpeechModel Remake(int labels, ulong seed) => new WhisperModel(config) { Seed = seed };

    /// <summary>A batch whose decoder reads, for each place, the label of the place before it, and at the first the start token: teacher forcing.</summary>
    /// <param name="sounds">What the encoder reads.</param>
    /// <param name="labels">What is to be written [B, W], <see cref="TextTargets.Ignored"/> where a shorter text has ended.</param>
    /// <exception cref="ArgumentException">The labels are not as many for each sound.</exception>
    public SpeechBatch WithLabels(SpeechBatch sounds, int[] labels)
    {
        ArgumentNullException.ThrowIfNull(sounds);
        ArgumentNullException.ThrowIfNull(labels);
        return new SpeechBatch(sounds.Sounds, sounds.Length, sounds.Values, sounds.Lengths, sounds.Width)
        {
            Decoder = SequenceLoss.Shifted(Name, labels, sounds.Sounds, DecoderStartToken, config.Sizes.PaddingToken ?? DecoderStartToken),
        };
    }

    /// <summary>The mean cross-entropy of each word given those before it and the sound; the labels [B, W] are the words.</summary>
    /// <inheritdoc/>
    public override Variable Loss(TextOutputs outputs, SpeechBatch batch, SpeechTargets targets)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(targets);
        return SequenceLoss.CrossEntropy(outputs["logits"], SequenceLoss.Needed(Name, targets.Labels, "the words of each sound"));
    }

    /// <summary>The states [B, S, D] of sounds.</summary>
    internal Variable Encode(Pass pass, SpeechBatch batch, ForwardTrace? trace = null)
    {
        for (int row = 0; row < batch.Sounds; row++) FramesOf(batch.LengthOf(row));
        if (batch.Width != InputWidth) throw new ArgumentException($"{Name}: {batch.Width} bands are not the {InputWidth} that it reads");
        return encoder.Forward(pass, batch, trace);
    }

    internal override IReadOnlyDictionary<string, JsonElement> OtherMembers() => TextModel.Kept(config.Sizes.Members);

    /// <inheritdoc/>
    protected override TextOutputs Compute(Pass pass, SpeechBatch batch, ForwardTrace? trace)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Decoder is not { } written)
            throw new ArgumentException($"{Name} reads a sound and writes words: give the batch what the decoder reads, or labels ({nameof(WithLabels)})");
        if (written.Sequences != batch.Sounds)
            throw new ArgumentException($"{Name}: the decoder's {written.Sequences} sequences are not one for each of the {batch.Sounds} sounds");
        decoder.Require(written);
        trace?.BeginDecoder(written);
        var encoded = Encode(pass, batch, trace);
        var inputs = TextInputs.Of(pass, written);
        var rows = encoded.Reshape([encoded.Shape[0] * encoded.Shape[1], encoded.Shape[2]]);
        var given = new TransformerInputs(
            new AttentionInputs(written.Sequences, inputs.Mask.AsCausal()), new AttentionInputs(batch.Sounds, AttentionMask.None, rows));
        var states = decoder.Forward(inputs, given, trace?.Decoder, trace is null ? null : (encoded, null));
        return new(("logits", Logits(states)), ("encoder_last_hidden_state", encoded));
    }

    private Variable Logits(Variable states) => states.Linear(states.Pass.Of(words.Weight));
}

/// <summary>Two convolutions, positions, layers and a norm: mel bands [B, T, F] to states [B, S, D].</summary>
internal sealed class WhisperEncoder : Module
{
    private readonly Conv1d first;
    private readonly Conv1d second;
    private readonly SoundPositions positions;
    private readonly Dropout dropout;
    private readonly TransformerLayer[] layers;
    private readonly Layer norm;

    public WhisperEncoder(WhisperConfig config)
    {
        var sizes = config.Sizes;
        first = Add("conv1", new Conv1d(config.Bands, sizes.Width, kernel: 3, padding: 1));
        second = Add("conv2", new Conv1d(sizes.Width, sizes.Width, kernel: 3, stride: 2, padding: 1));
        positions = Add("embed_positions", new SoundPositions(config.Positions, sizes.Width));
        dropout = Add("dropout", new Dropout(sizes.Dropout));
        layers = [.. Enumerable.Range(0, sizes.Encoder.Layers).Select(number => Add(
            string.Create(CultureInfo.InvariantCulture, $"layers.{number}"), new TransformerLayer(sizes, isDecoder: false)))];
        norm = Add("layer_norm", sizes.Norm());
    }

    /// <summary>The convolutions, and each layer, the last with the norm.</summary>
    public IEnumerable<(string Name, IEnumerable<Module> Modules)> Stages =>
    [
        ("embeddings", [first, second, positions]),
        .. layers.Select((layer, number) => (
            string.Create(CultureInfo.InvariantCulture, $"encoder{number}"), (IEnumerable<Module>)(number == layers.Length - 1 ? [layer, norm] : [layer]))),
    ];

    public Variable Forward(Pass pass, SpeechBatch batch, ForwardTrace? trace)
    {
        var x = LayerScope.Run(this, pass, (Encoder: this, pass, batch), static given => given.Encoder.Embed(given.pass, given.batch));
        var shape = x.Shape;
        trace?.States.Add(x);
        x = x.Reshape([shape[0] * shape[1], shape[2]]);
        var inputs = new TransformerInputs(new AttentionInputs(shape[0], AttentionMask.None), default);
        if (trace is null) return norm.Forward(LayerScope.Stages(layers, x, inputs, static (rows, with) => with.Step.Forward(rows, with.Inputs))).Reshape(shape);
        for (int layer = 0; layer < layers.Length; layer++)
        {
            layers[layer].Trace(x.Reshape(shape), inputs, trace, source: null);
            x = layers[layer].Forward(x, inputs);
            if (layer + 1 < layers.Length) trace.States.Add(x.Reshape(shape));
        }
        var last = norm.Forward(x).Reshape(shape);
        trace.States.Add(last);
        return last;
    }

    private Variable Embed(Pass pass, SpeechBatch batch)
    {
        var bands = pass.Constant(pass.Upload<float>([batch.Sounds, batch.Length, batch.Width], batch.Values)).Permute(0, 2, 1);
        var x = second.Forward(first.Forward(bands).Gelu()).Gelu().Permute(0, 2, 1);
        return dropout.Forward(x + positions.In(pass));
    }
}

/// <summary>The sines that tell the places of a sound apart, which never learn: sines in the first half, cosines in the second.</summary>
internal sealed class SoundPositions : Module
{
    private readonly Parameter table;

    public SoundPositions(int count, int width) => table = AddBuffer("weight", [count, width], new Sinusoids());

    public Variable In(Pass pass) => pass.Constant(pass.ValueOf(table));

    private sealed class Sinusoids : Initialiser
    {
        private const double Wavelength = 10000;

        public override void Fill(Span<float> numbers, Shape shape, RandomStream random)
        {
            int width = shape[1], half = width / 2;
            for (int at = 0; at < numbers.Length; at++)
            {
                int place = at / width, number = at % width;
                double angle = place * Math.Exp(-Math.Log(Wavelength) / Math.Max(1, half - 1) * (number % Math.Max(1, half)));
                numbers[at] = (float)(number < half ? Math.Sin(angle) : Math.Cos(angle));
            }
        }
    }
}
