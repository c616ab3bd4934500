using Microsoft.ML.OnnxRuntime;

namespace Graft.Peers;

/// <summary>A model of ours as another library reads it.</summary>
internal interface IOnnxModel
{
    /// <summary>The name of what it computes.</summary>
    const string Logits = "logits";

    /// <summary>What both libraries are given, by name.</summary>
    IReadOnlyList<(string Name, OrtValue Value)> MakeInputs();

    /// <summary>Writes the model with our weights. Returns the number of its parameters, and the logits that ours makes of the inputs.</summary>
    (long ParameterCount, float[] Logits) Write(Stream file);
}
