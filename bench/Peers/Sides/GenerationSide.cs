using Graft.Models;
using Graft.Tensors;

namespace Graft.Peers;

/// <summary>A GPT-2 of ours that reads prompts, or writes behind them a token at a time.</summary>
internal sealed class GenerationSide : ISide
{
    private readonly CpuDevice device;
    private readonly TextModel model;
    private readonly DecodingStep step;
    private readonly GenerationPart part;
    private readonly int[][] prompts;
    private readonly int[][] following;
    private readonly float[] logits;
    private int written = Gpt2Shape.Written;

    public GenerationSide(Gpt2Shape shape, int threads)
    {
        device = new CpuDevice(threads);
        model = Gpt2Shape.Create();
        ParameterCount = model.Parameters().Sum(parameter => parameter.Shape.ElementCount);
        model.ConvertWeights(shape.Precision);
        step = model.CreateDecodingStep(device);
        (part, prompts, following) = (shape.Part, shape.Prompts, shape.Following);
        logits = new float[shape.Batch * step.Vocabulary];
    }

    public long ParameterCount { get; }

    public void Prepare()
    {
        if (part == GenerationPart.Decode) Read();
    }

    public float Run()
    {
        if (part == GenerationPart.Prefill)
        {
            Read();
            return logits[0];
        }
        if (written == Gpt2Shape.Written) Read();
        step.Continue(following[written++], logits);
        return logits[0];
    }

    public void Dispose()
    {
        step.Dispose();
        device.Dispose();
    }

    private void Read()
    {
        step.Begin(prompts, copies: 1, Gpt2Shape.Prompt + Gpt2Shape.Written, logits);
        written = 0;
    }
}
