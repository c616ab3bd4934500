using System.Text.Json;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>A linear map behind the pooling (sentence-transformers' <c>Dense</c>).</summary>
/// <param name="Inputs">How wide the pooled vectors are.</param>
/// <param name="Outputs">How wide the embeddings are.</param>
/// <param name="Activation">What follows.</param>
/// <param name="HasBias">Whether it has a bias.</param>
public sealed record SentenceDense(int Inputs, int Outputs, Activation Activation, bool HasBias = true)
{
    // PyTorch's modules without settings, by the last part of their path
    private static readonly (string Module, string Path)[] Modules =
    [
        ("identity", "torch.nn.modules.linear.Identity"),
        ("tanh", "torch.nn.modules.activation.Tanh"),
        ("relu", "torch.nn.modules.activation.ReLU"),
        ("gelu", "torch.nn.modules.activation.GELU"),
        ("silu", "torch.nn.modules.activation.SiLU"),
        ("sigmoid", "torch.nn.modules.activation.Sigmoid"),
    ];

    /// <summary>Its folder within that of the sentence encoder.</summary>
    internal string Folder { get; init; } = "2_Dense";

    internal static SentenceDense Read(string folder, string path)
    {
        var config = new HubConfig(JsonFile.Read(path));
        string named = config.Members.Text("activation_function") ?? Modules[1].Path;
        string? activation = Modules.FirstOrDefault(row => row.Path == named).Module;
        if (activation is null)
            throw config.Fail("activation_function", $"is '{Printable.Text(named)}'; built are {string.Join(", ", Modules.Select(static row => row.Path))}");
        if (config.Members.Integer("in_features") is null) throw config.Members.Missing("in_features");
        if (config.Members.Integer("out_features") is null) throw config.Members.Missing("out_features");
        return new SentenceDense(config.Count("in_features", 1), config.Count("out_features", 1), Activation.Find(activation)!, config.Flag("bias", true)) { Folder = folder };
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteNumber("in_features", Inputs);
        writer.WriteNumber("out_features", Outputs);
        writer.WriteBoolean("bias", HasBias);
        writer.WriteString("activation_function", Modules.FirstOrDefault(row => row.Module == Activation.Name).Path ?? Activation.Name);
    }
}
