using System.Text.Json;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Which layers get an adapter, and what learns beside them (PEFT's <c>PeftConfig</c>): <see cref="LoraConfig"/> or
/// <see cref="Ia3Config"/>.</summary>
public abstract record AdapterConfig
{
    private const int MostNames = 4096;

    private protected AdapterConfig()
    {
    }

    /// <summary>The layers that get an adapter (<c>target_modules</c>).</summary>
    public required AdapterTargets TargetModules { get; init; }

    /// <summary>Modules that learn whole beside the adapters and are saved with them (<c>modules_to_save</c>): a new head, by its key or the
    /// key's last names. What <see cref="TaskType"/> implies is added.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>The task (<c>task_type</c>): with <c>SEQ_CLS</c> and <c>TOKEN_CLS</c> the modules <c>classifier</c> and <c>score</c> are saved
    /// where the model has them, with <c>QUESTION_ANS</c> <c>qa_outputs</c>. Null for none.</summary>
    public string? TaskType { get; init; }

    /// <summary>The name or folder of the model that the adapters were trained on (<c>base_model_name_or_path</c>); null where it is not said.</summary>
    public string? BaseModel { get; init; }

    /// <summary>The version of that model (<c>revision</c>); null where it is not said.</summary>
    public string? Revision { get; init; }

    /// <summary>The kind of adapter in PEFT's words (<c>peft_type</c>).</summary>
    public abstract string PeftType { get; }

    /// <summary>The kinds of layers that it fits, in words.</summary>
    internal abstract string FittingLayers { get; }

    /// <summary>The modules that the task saves without being told to.</summary>
    internal IReadOnlyList<string> ImpliedModules => TaskType switch
    {
        "SEQ_CLS" or "TOKEN_CLS" => ["classifier", "score"],
        "QUESTION_ANS" => ["qa_outputs"],
        _ => [],
    };

    /// <exception cref="ArgumentException">A setting is impossible.</exception>
    internal virtual void Validate()
    {
        ArgumentNullException.ThrowIfNull(TargetModules);
        ArgumentNullException.ThrowIfNull(ModulesToSave);
        RequireFew(TargetModules.Names.Count, "target modules");
        RequireFew(ModulesToSave.Count, "modules to save");
    }

    /// <exception cref="ArgumentException">There are more than any model has use for.</exception>
    private protected static void RequireFew(int count, string what)
    {
        if (count > MostNames) throw new ArgumentException($"{count} {what} are named, and {MostNames} may be: give a regular expression");
    }

    /// <summary>Makes the adapter of a layer; null where it fits no such layer.</summary>
    /// <param name="key">The layer's key.</param>
    /// <param name="layer">The layer.</param>
    internal abstract LayerAdapter? Create(string key, AdaptableLayer layer);

    /// <summary>Writes the members of <c>adapter_config.json</c> that are this kind's own.</summary>
    /// <param name="json">What writes the object.</param>
    /// <param name="isTransposed">Whether the layers keep their weights as [K, O].</param>
    internal abstract void WriteMembers(Utf8JsonWriter json, bool isTransposed);
}
