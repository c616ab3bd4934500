using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The steps of a Whisper: sounds are read once, then one token of each row is written at a time. The model has to outlive it.</summary>
/// <example><code>
/// using var step = new WhisperStep(model, Device.Cpu);
/// step.Read(sounds);
/// var written = TokenGenerator.Generate(step, step.Starts, GenerationOptions.Read(folder));
/// </code></example>
public sealed class WhisperStep : SourceStep
{
    private readonly WhisperModel model;
    private SpeechBatch? sounds;

    /// <summary>Makes the steps of a model; nothing is read yet.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">Where to compute.</param>
    public WhisperStep(WhisperModel model, Device device) : base(model ?? throw new ArgumentNullException(nameof(model)), device) => this.model = model;

    /// <summary>What the decoder begins with, for each sound that was read: the start token.</summary>
    public IReadOnlyList<int[]> Starts => StartsWith(model.DecoderStartToken);

    private protected override int Sources => sounds?.Sounds ?? 0;

    private protected override int SourceLength => model.Frames / 2;

    /// <summary>Takes the sounds that the next search is about, one a prompt.</summary>
    /// <param name="batch">Their mel bands [B, T, F].</param>
    /// <exception cref="ArgumentException">They have another number of frames or of bands.</exception>
    public void Read(SpeechBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (int row = 0; row < batch.Sounds; row++) model.FramesOf(batch.LengthOf(row));
        sounds = batch;
    }

    private protected override Variable Encode(Pass pass, int length, Span<int> lengths)
    {
        lengths.Fill(length);
        return model.Encode(pass, sounds!);
    }
}
