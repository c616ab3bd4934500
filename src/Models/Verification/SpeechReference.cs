using Graft.Autograd;

namespace Graft.Models;

/// <summary>A model of sounds as a reference sees it.</summary>
internal sealed class SpeechReference(SpeechModel model, ReferenceFile file) : ReferenceSubject
{
    private ForwardTrace trace = new();
    private SpeechBatch? batch;
    private TextOutputs? outputs;

    public override Model Model => model;

    public override int Examples => Values.Shape[0];

    private StoredTensor Values => file.Find(ReferenceFile.InputPrefix + Input) ?? throw file.Fail($"has no 'input.{Input}'");

    private string Input => model.InputWidth == 1 ? "input_values" : "input_features";

    public override void Forward(Pass pass)
    {
        file.RequireInputs(model, Input, "attention_mask", "labels");
        (trace, batch) = (new ForwardTrace(), Batch(Values));
        outputs = model.Forward(pass, batch, trace);
    }

    /// <summary>One of the model's outputs, or what the trace has (<see cref="ForwardTrace.Find"/>).</summary>
    public override Variable? Output(string name, int rank) => outputs!.Names.Contains(name) ? outputs[name] : trace.Find(name);

    public override Variable Loss()
    {
        int[] labels = file.Integers("labels") ?? throw new ArgumentException($"{model.Name} learns from labels, and there are none");
        int length = labels.Length / batch!.Sounds;
        return model.Loss(outputs!, batch, model.Head == SpeechHead.Ctc
            // what is below 0 fills shorter rows up
            ? new SpeechTargets { Transcripts = [.. labels.Chunk(length).Select(static row => Array.FindAll(row, static label => label >= 0))] }
            : new SpeechTargets { Labels = labels });
    }

    private SpeechBatch Batch(StoredTensor values)
    {
        if (model.InputWidth == 1)
            return values.Shape.Rank == 2 ? new SpeechBatch(values.Shape[0], values.Shape[1], values.ToSingleArray(), Lengths(values.Shape[0], values.Shape[1]))
                : throw file.Fail($"tensor '{values.Key}' is {values.Shape}, not [sounds, samples]");
        if (values.Shape.Rank != 3) throw file.Fail($"tensor '{values.Key}' is {values.Shape}, not [sounds, bands, frames]");
        var (sounds, bands, frames) = (values.Shape[0], values.Shape[1], values.Shape[2]);
        float[] stored = values.ToSingleArray(), turned = new float[stored.Length];
        for (int at = 0; at < stored.Length; at++) turned[(at / (bands * frames) * frames + at % frames) * bands + at / frames % bands] = stored[at];
        var batch = new SpeechBatch(sounds, frames, turned, width: bands);
        return model is WhisperModel writes && file.Integers("labels") is { } labels ? writes.WithLabels(batch, labels) : batch;
    }

    private int[]? Lengths(int sounds, int length)
    {
        if (file.Integers("attention_mask") is not { } mask) return null;
        if (mask.Length != (long)sounds * length) throw file.Fail($"tensor 'input.attention_mask' has {mask.Length} numbers, not {sounds} x {length}");
        return [.. mask.Chunk(length).Select(static row => row.Sum())];
    }
}
