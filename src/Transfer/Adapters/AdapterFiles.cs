namespace Graft.Transfer;

/// <summary>What the files of a kind of adapter are called, and what stands before their keys.</summary>
/// <param name="Weights">The safetensors file of the adapters.</param>
/// <param name="OlderWeights">PyTorch's file of earlier years.</param>
/// <param name="Prefix">What is put before the keys of adapters.</param>
/// <param name="SavedPrefix">What is put before the keys of the base's own tensors.</param>
/// <param name="HeadWeights">The file of the base's own tensors; null where they are in that of the adapters.</param>
internal sealed record AdapterFiles(string Weights, string OlderWeights, string Prefix, string SavedPrefix, string? HeadWeights = null)
{
    /// <summary>PEFT's files of adapters beside layers.</summary>
    public static AdapterFiles Peft { get; } = new("adapter_model.safetensors", "adapter_model.bin", "base_model.model.", "base_model.model.");

    /// <summary>PEFT's files of virtual tokens, whose model is not wrapped again.</summary>
    public static AdapterFiles Prompts { get; } = Peft with { Prefix = "", SavedPrefix = "base_model." };

    /// <summary>AdapterHub's files.</summary>
    public static AdapterFiles AdapterHub { get; } = new("adapter.safetensors", "pytorch_adapter.bin", "", "", "model_head.safetensors");
}
