using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>One thing that a program does: a node, or several nodes that one of our layers is.</summary>
internal abstract class Step
{
    /// <summary>The values that it reads.</summary>
    public required int[] Inputs { get; init; }

    /// <summary>The values that it makes.</summary>
    public required int[] Outputs { get; init; }

    /// <summary>What it is, in messages.</summary>
    public required string Described { get; init; }

    /// <summary>What it learns; null for nothing.</summary>
    public StepModule? Module { get; init; }

    /// <summary>Computes the outputs.</summary>
    public abstract void Run(Frame frame);
}

/// <summary>The parameters and layers of a step, under the names of the model.</summary>
internal sealed class StepModule : Module
{
    /// <summary>Adds a layer.</summary>
    public T Put<T>(string key, T module) where T : Module => Add(key, module);

    /// <summary>Adds a parameter, or a buffer.</summary>
    public Parameter Weight(string key, Shape shape, bool isBuffer) =>
        isBuffer ? AddBuffer(key, shape, Initialiser.Zeros) : AddParameter(key, shape, Initialiser.Zeros);

    /// <summary>Says that the model's file calls a parameter otherwise.</summary>
    public void Alias(string name, Parameter parameter) => AddAlias(name, parameter);
}

/// <summary>A part of a model: the modules of some steps.</summary>
internal sealed class PartModule : Module
{
    /// <summary>Adds the modules of steps.</summary>
    public PartModule(IEnumerable<Step> steps)
    {
        foreach (var step in steps)
            if (step.Module is not null) Add("", step.Module);
    }
}
