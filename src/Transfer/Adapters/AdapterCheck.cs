using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Compares a base with adapters with what PEFT computed from the same files: outputs, loss and gradients with the adapters, outputs and loss of
/// the base (<c>base</c>, and <c>disabled</c> after the adapters were there), outputs and weights after merging (<c>merged</c>).</summary>
public static class AdapterCheck
{
    private const string Prefix = "base_model.", WrappedPrefix = "base_model.model.";

    // what PEFT's modules have in their names and its files have not
    private static readonly string[] Inner = [".modules_to_save", ".default"];

    /// <summary>Runs a base with adapters on a reference's inputs.</summary>
    /// <param name="baseFolder">A folder with <c>config.json</c> and a checkpoint.</param>
    /// <param name="adapterFolder">A folder with <c>adapter_config.json</c> and the adapters' weights.</param>
    /// <param name="referencePath">What PEFT computed.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="options">Which weights of the base's folder; null to find them.</param>
    /// <exception cref="CheckpointException">A folder or the reference is not understood, or they do not fit one another.</exception>
    public static ReferenceReport Run(string baseFolder, string adapterFolder, string referencePath, Device device, LoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(adapterFolder);
        var (model, report) = Open(baseFolder, options);
        using (model)
        {
            var adapters = Adapters.Load(model, adapterFolder, isTrainable: true, withoutDropout: true);
            ReferenceState[] states =
            [
                new("disabled", () => adapters.IsEnabled = false),
                new("base", static () => { }),
                new("merged", () =>
                {
                    adapters.IsEnabled = true;
                    adapters.Merge();
                }),
            ];
            return ReferenceCheck.Run(model, report, referencePath, device, adapters.IsMergeable ? states : states[..2], NameOf);
        }
    }

    private static (Model Model, LoadReport Report) Open(string folder, LoadOptions? options)
    {
        if (PretrainedModel.HeadOf(folder) is null) return PretrainedImageModel.Open(folder, options, withoutDropout: true);
        return PretrainedModel.Open(folder, options ?? new LoadOptions(), withoutDropout: true);
    }

    private static string NameOf(string name)
    {
        foreach (string prefix in (string[])[WrappedPrefix, Prefix])
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            name = name[prefix.Length..];
            break;
        }
        foreach (string inner in Inner) name = name.Replace(inner, "", StringComparison.Ordinal);
        return name;
    }
}
