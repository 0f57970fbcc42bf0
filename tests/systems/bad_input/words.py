"""Wrong words on the command line: types, values, keys, options, units and sizes."""

from __future__ import annotations

from tests.systems.bad_input.case import recovered, refused, told
from tests.systems.bad_input.folder import POINT, Place

__all__ = ["WORDS"]

NOT_UNDERSTOOD = "is not understood; it must look like KEY=VALUE."

TABLE = "${by_size:${system.n_spins},"
SATURATED = "drive.amplitude_mhz=null drive.saturation"

TYPES_AND_VALUES = [
    refused("bath.temperature_k=warm", "bath.temperature_k is 'warm', but it must be a number."),
    refused("bath.temperature_k=4K", "bath.temperature_k is '4K', but it must be a number."),
    refused("""bath.temperature_k="'4'" """, "bath.temperature_k is '4', but it must be a number."),
    refused("bath.temperature_k=true", "bath.temperature_k is True, but it must be a number."),
    refused("bath.temperature_k=null", "bath.temperature_k is null, but it must be a number."),
    refused("bath.temperature_k=", "bath.temperature_k is '', but it must be a number."),
    refused("bath.temperature_k=nan", "bath.temperature_k is nan, but it must be a finite number > 0."),
    refused("bath.temperature_k=1e999", "bath.temperature_k is inf, but it must be a finite number > 0."),
    refused("bath.temperature_k=0", "bath.temperature_k is 0.0, but it must be a finite number > 0."),
    refused("bath.temperature_k=-4", "bath.temperature_k is -4.0, but it must be a finite number > 0."),
    refused("bath.temperature_k=1e-300", "bath.temperature_k is 1e-300, but it must be a number from 1e-12 to 1e12."),
    refused("bath.t_star_us=nan", "bath.t_star_us is nan, but it must be a number > 0"),
    refused("bath.t1_us=inf", "bath.t1_us is inf, but it must be a finite number > 0."),
    refused("drive.amplitude_mhz=-0.6", "drive.amplitude_mhz is -0.6, but it must be a finite number >= 0."),
    refused("system.coupling_mhz=nan", "system.coupling_mhz is nan, but it must be a finite number >= 0."),
    refused("solver.rtol=0", "solver.rtol is 0.0, but it must be a number > 0 and < 1."),
    refused("ensemble.max_excluded=1.5", "ensemble.max_excluded is 1.5, but it must be a fraction from 0 to 1."),
    refused("system.n_spins=8.0", "system.n_spins is 8.0, but it must be an integer."),
    refused("system.n_spins=eight", "system.n_spins is 'eight', but it must be an integer."),
    refused("system.n_spins=true", "system.n_spins is True, but it must be an integer."),
    refused("system.n_spins=null", "system.n_spins is null, but it must be an integer."),
    refused("system.n_spins=0", "system.n_spins is 0, but it must be an integer >= 1."),
    refused("ensemble.seed=-1", "ensemble.seed is -1, but it must be an integer >= 0."),
    refused("ensemble.seed=18446744073709551616", "ensemble.seed is 18446744073709551616, but it must be"),
    refused("system.ising=yes", "system.ising is 'yes', but it must be true or false."),
    refused("rerun=null", "rerun is null, but it must be true or false."),
    refused("drive.sites=0", "drive.sites is 0, but it must be a list of integers such as [0,2] or null."),
    refused("drive.sites=[]", "drive.sites is [], but it must be null (all spins) or distinct spin indices >= 0."),
    refused("drive.sites=[0,0]", "drive.sites is [0, 0], but it must be", "distinct"),
    refused("drive.sites=[8]", "drive.sites is [8], but it must be spin indices from 0 to 7."),
    refused("observables.names=[]", "observables.names is [], but it must be at least one of polarization"),
    refused("observables.names=epr", "observables.names is 'epr', but it must be a list of names such as"),
    refused("tracking.experiment=null", "tracking.experiment is null, but it must be text."),
    refused("tracking.experiment=[a]", "tracking.experiment is ['a'], but it must be text."),
    refused("tracking.experiment=", "tracking.experiment is '', but it must be"),
    refused("""tracking.experiment="' '" """, "tracking.experiment is ' ', but it must be"),
    refused(f"tracking.experiment={'a' * 600}", "tracking.experiment is"),
    refused("outputs={a:1}", "outputs is {'a': 1}, but it must be text."),
    refused("summary=nope", "summary is 'nope', but it must be one of crossover, fig1"),
    refused("summary=fig3 drive.amplitude_mhz=0", "drive.amplitude_mhz is 0.0, but it must be > 0 for fig3"),
    refused("model=correlation bath.temperature_k=4", "bath.t_zero_us is 0.48, but it must be t_star_us = "),
    refused("model=correlation correlation.order=0", "correlation.order is 0, but it must be an integer from 1 to 8"),
    refused("model=correlation correlation.order=9", "correlation.order is 9, but it must be an integer from 1 to 8"),
    refused("model=correlation correlation.order=all", "correlation.order is 'all', but it must be an integer or null."),
    refused("model=nonsecular correlation.order=3", "correlation.order is 3, but it must be null for model=nonsecular"),
    refused("model=correlation model.order=3", "There is no config key model.order; did you mean correlation.order?"),
    refused("model=correlation bath=uniform system.n_spins=100 correlation.order=5", "order 5 would then need", "GiB"),
    refused("model=correlation solver.method=dense", "solver.method is 'dense', but it must be one of auto for"),
    refused("bath=uniform bath.t_star_us=1", "bath.t_star_us is 1.0, but it must be null where bath.uniform=true"),
    refused("bath=phonon_direct bath.uniform=true", "bath.uniform is True, but it must be false where bath.process=direct"),
    refused("experiment=build_up model=correlation", "model is 'correlation', but it must be one of hilbert"),
    refused("solver.method=magic", "solver.method is 'magic', but it must be one of auto"),
    refused("bath.times_factor=0", "bath.times_factor is 0.0, but it must be a finite number > 0."),
    refused(
        "bath=phonon_direct bath.times_factor=2", "bath.times_factor is 2.0, but it must be 1 where bath.process=direct"
    ),
    refused(
        "drive.amplitude_mhz=null", "drive.amplitude_mhz is null, but it must be a number where drive.saturation is null"
    ),
    refused(
        "drive.saturation=4", "drive.saturation is 4.0, but it must be null where drive.amplitude_mhz is 0.628: each fixes"
    ),
    refused(
        "drive=off drive.saturation=2",
        "drive.saturation is 2.0, but it must be null where drive.amplitude_mhz is 0, as drive=off has it: each fixes the",
        "drive.amplitude_mhz=null leaves it to the saturation.",
    ),
    refused(
        f"'ensemble.realizations=\"{TABLE}{{8:}}}}\"'",
        "ensemble.realizations: a reference ${...} cannot be read there; does it lack a value?",
    ),
    refused(
        f"'ensemble.realizations=\"{TABLE}{{8:[1,2]}}}}\"'",
        "ensemble.realizations: by_size takes ${by_size:${system.n_spins},",
    ),
    refused(f"{SATURATED}=-1 bath=uniform", "drive.saturation is -1.0, but it must be a finite number >= 0."),
    refused(
        f"{SATURATED}=4 bath.temperature_k=4", "drive.saturation is 4.0, but it must be null where T(0) is not T*; with"
    ),
    refused("bath.process=magic", "bath.process is 'magic', but it must be null or one of"),
    refused("bath.coupling_ratio=1", "bath.coupling_ratio is 1.0, but it must be null where bath.process is null"),
    refused("bath=phonon_direct bath.t1_us=3", "bath.t1_us is 3.0, but it must be null where bath.process=direct"),
    refused("experiment=phonons phonons.t1_us=-1", "phonons.t1_us is -1.0, but it must be a finite number > 0."),
    refused("experiment=phonons phonons.temperatures_k=[]", "phonons.temperatures_k is [], but it must be"),
    refused("experiment=build_up build_up.points=1", "build_up.points is 1, but it must be"),
    refused("experiment=single_spin single_spin.temperatures_k=[1,hot]", "single_spin.temperatures_k is [1, 'hot']"),
    refused("experiment=figs4 trajectories.step_us=0", "trajectories.step_us is 0.0, but it must be"),
    refused("experiment=figs11 three_level.n_bar=-1", "three_level.n_bar is -1.0, but it must be"),
]

KEYS_AND_OPTIONS = [
    refused("bath.temprature_k=4", "There is no config key bath.temprature_k; did you mean bath.temperature_k?"),
    refused("temperature_k=4", "There is no config key temperature_k; did you mean bath.temperature_k?"),
    refused("tracking.colour=red", "There is no config key tracking.colour; it may be tracking.uri, tracking.experiment"),
    refused("+newkey=3", "There is no config key newkey; --help lists them all."),
    refused("bath/letter=3", "There is no config key bath/letter"),
    refused("bath=leter", "bath is 'leter', but it must be one of full_localization, letter", "did you mean letter?"),
    refused("experiment=figs22", "experiment is 'figs22', but it must be one of build_up, crossover", "did you mean fig"),
    refused("experiment=", "experiment is '', but it must be one of build_up, crossover"),
    refused(
        "model=markov", "model is 'markov', but it must be one of by_size, correlation, hilbert, nonsecular, secular, ule"
    ),
    refused(
        f"'model=\"{TABLE}{{8:markov}}}}\"'",
        "model is '${by_size:${system.n_spins},{8:markov}}', but it must be one of by_size, correlation, hilbert, nonsecu",
    ),
    refused("model=null", "model=null is not understood; model=OPTION takes one of those that --help lists"),
    refused("bath=[letter,mbl]", "bath=[letter,mbl]"),
    refused("bath='???'", "bath=???"),
    refused("bath@foo=letter", "bath@foo"),
    refused("study=figs", "study is 'figs', but it must be one of build_up, ensemble"),
    refused("hydra/launcher=nope", "hydra/launcher is 'nope', but it must be one of basic"),
    refused("hydra.nope=3", "hydra.nope"),
    refused("hydra.job.chdir=true", "hydra.job.chdir is True, but it must be false"),
    refused("hydra.searchpath=3", "hydra.searchpath"),
    refused("'hydra.searchpath=[file:///nowhere]'", "hydra.searchpath", "/nowhere"),
    refused(
        "experiment=finite_size ensemble=default",
        "ensemble=default says nothing to experiment=finite_size; it takes full or quick (ensemble.realizations=N for",
    ),
    refused("path=dephasing", "path=dephasing says nothing here; it goes with experiment=thermodynamic_limit."),
    refused("experiment=thermodynamic_limit path=dephase", "path is 'dephase', but it must be one of all_times, dephasing,"),
    refused(
        "experiment=thermodynamic_limit path=temperature,dephasing",
        "path=temperature,dephasing: temperature is a sweep of its own; run one at a time.",
    ),
    refused(
        "experiment=thermodynamic_limit system.n_spins=4,6,30",
        "ensemble.realizations: by_size has no value for system.n_spins=30, its table ends at 20.",
    ),
    refused(
        "experiment=thermodynamic_limit system.n_spins=4,6,200",
        "model: by_size has no value for system.n_spins=200, its table ends at 100.",
    ),
    refused("experiment=figs5 ensemble=single", "ensemble=single says nothing to experiment=figs5; it takes full or quick"),
    refused("build_up.points=3", "build_up.points=3 would change nothing: the study ensemble reads bath, correlation"),
    refused("experiment=figs11 system.n_spins=3", "system.n_spins=3 would change nothing: the study three_level reads"),
    refused("experiment=phonons model=hilbert", "model=hilbert would change nothing: the study phonons reads"),
    refused("experiment=phonons build_up.points=3", "build_up.points=3 would change nothing: the study phonons reads"),
]

FEW = "bath.temperature_k=4 system.n_spins=3"
LIMIT = "experiment=thermodynamic_limit system.n_spins=3,4,5"
TIMES = "0.1,0.2,0.3,0.4,0.5"
DEPHASING = f"{LIMIT} model=correlation path=dephasing bath.t_zero_us={TIMES}"
UNANSWERABLE = [  # before a question's sweep is computed, not after
    refused(f"experiment=finite_size {FEW} model=nonsecular,secular", "finite_size compares model=hilbert,nonsecular, but"),
    refused(
        f"experiment=finite_size {FEW} bath=letter,only_t1", "finite_size varies model, bath.temperature_k, system.n_spins;"
    ),
    refused(f"experiment=finite_size {FEW}", "finite_size needs 5 or more values of bath.temp"),
    refused(
        "experiment=one_factor bath.temperature_k=1.2,12 system.n_spins=3,4 bath=letter", "give one value of system.n_spins"
    ),
    refused("experiment=phase_diagram bath.temperature_k=12", "phase_diagram needs 2 or more values of bath.temperature_k"),
    refused(
        f"{LIMIT} model=hilbert,by_size", "thermodynamic_limit takes model=nonsecular,correlation only; leave out hilbert"
    ),
    refused(
        f"{LIMIT} model=nonsecular bath=letter", "thermodynamic_limit needs T* = T(0) in every bath, which bath=uniform"
    ),
    refused(
        "experiment=thermodynamic_limit system.n_spins=4,6", "thermodynamic_limit needs 3 or more values of system.n_sp"
    ),
    refused(f"{LIMIT} bath.temperature_k=1.2,2,4,12", "thermodynamic_limit needs 5 or more values of bath.t_zero_us, but"),
    refused(f"{LIMIT} ensemble.realizations=1", "thermodynamic_limit needs ensemble.realizations 2 or more in every run"),
    refused(
        f"{LIMIT} path=dephasing bath.t_zero_us=inf,0.1,0.2,0.3,0.4", "needs bath.t_zero_us finite in every run, but", "inf"
    ),
    refused(
        f"{LIMIT} path=all_times drive.saturation=0", "needs drive.amplitude_mhz > 0 in every run, but this sweep has 0;"
    ),
    refused(
        f"{DEPHASING} bath.temperature_k=4,12",
        "The path temperature, on which bath.temperature_k varies, has one T_1 and T_z at each temperature, but several",
        "at 4 K in this sweep; summary=crossover takes any sweep.",
    ),
    refused(
        f"{LIMIT} path=temperature bath.temperature_k=4,12 bath.t_zero_us={TIMES}",
        "has one T_1 and T_z at each temperature, but several at 4 K in this sweep;",
    ),
    refused(
        f"{DEPHASING} drive.amplitude_mhz=0.3,0.6",
        "The path dephasing, on which bath.t_zero_us varies, keeps drive.amplitude_mhz, but it is 0.3 to 0.6 in this sweep;",
    ),
    refused(
        f"{DEPHASING} bath.t1_us=1.6,16",
        "The path all_times, on which bath.t1_us varies, keeps T_1 / T_z, but it is 3.2 to 160 in this sweep;",
    ),
    refused(
        f"{DEPHASING} bath.times_factor=0.5,1,2,4",
        "The path all_times, on which bath.t1_us varies, keeps T_1 / T_z, but it is 3.2 to 16 in this sweep;",
    ),
    refused(
        f"{LIMIT} path=all_times bath.times_factor=0.5,1,2,4,8 drive.saturation=1,2",
        "keeps omega_1^2 T_1 T_z, but it is 1 to 2 in this sweep;",
    ),
    refused("experiment=frequency drive.frequency_ghz=93.9", "frequency needs 2 or more values of drive.frequency_ghz, but"),
    refused("experiment=frequency drive.frequency_ghz=93.9,93.8 observables.names=[epr]", "frequency follows profiles, but"),
]

PARSING = [
    refused("bath.temperature_k", "'bath.temperature_k' is not understood; it must look like KEY=VALUE."),
    refused("bath.temperature_k:4", f"'bath.temperature_k:4' {NOT_UNDERSTOOD}"),
    refused("'bath.temperature_k =4'", f"'bath.temperature_k =4' {NOT_UNDERSTOOD}"),
    refused("drive.sites=[0", f"'drive.sites=[0' {NOT_UNDERSTOOD}"),
    refused("drive.sites= [0, 1]", f"'[0,' {NOT_UNDERSTOOD}"),
    refused("outputs=a=b", "'outputs=a=b' is not understood; a value with such characters needs quotes"),
    refused("=4", f"'=4' {NOT_UNDERSTOOD}"),
    refused("++", f"'++' {NOT_UNDERSTOOD}"),
    refused("~", f"'~' {NOT_UNDERSTOOD}"),
    refused("+bath.temperature_k=4", "bath.temperature_k=4"),
    refused("~bath", "~bath would remove bath, which every run needs"),
    refused("~bath.t1_us", "~bath.t1_us would remove bath.t1_us, which every run needs"),
    refused("bath.temperature_k='${bath.temperature_k}'", "bath.temperature_k", "ecursive"),
    refused("bath.temperature_k='${bath.colour}'", "bath.temperature_k", "bath.colour"),
    refused("bath.temperature_k='${oc.env:DNPLAB_NO_SUCH}'", "bath.temperature_k", "DNPLAB_NO_SUCH"),
    refused("bath.temperature_k='${system.ising}'", "bath.temperature_k", "False"),
    refused("--nonsense", "--nonsense"),
    refused("--cfg=nonsense", "--cfg", "nonsense"),
    refused("--cfg=job -m", "--cfg prints the config of one run; leave out -m"),
    refused("--resolve", "--resolve"),
    refused("--config-name=status", "--config-name is not taken here"),
    refused("--experimental-rerun=x.pickle", "--experimental-rerun is not taken here"),
    refused("--config-dir=nowhere", "--config-dir is 'nowhere', but it must be a folder of configs."),
]


UNITS = [
    told("system.electron_ghz=93900 drive=off", "Is system.electron_ghz = 93900 in GHz?"),
    told("drive.frequency_ghz=93898.8", "is drive.frequency_ghz right?"),
    told("drive.amplitude_mhz=628", "drive.amplitude_mhz = 628"),
    told("drive.amplitude_mhz=6.28e-4", "drive.amplitude_mhz = 0.000628"),
    told("system.disorder_mhz=5000", "system.disorder_mhz = 5000"),
    told("system.coupling_mhz=750", "system.coupling_mhz = 750"),
    told("bath.temperature_k=12000", "bath.temperature_k = 12000"),
    told("bath.temperature_k=0.0012", "bath.temperature_k = 0.0012"),
    told("bath.t1_us=1.6e-3", "bath.t1_us = 0.0016"),
    told("bath.t_star_us=1.6e-7", "bath.t_star_us = 1.6e-07"),
    told("observables.names=[epr] observables.epr_half_width_mhz=0.5", "cuts off lines"),
    told("solver.rtol=0.5", "solver.rtol = 0.5"),
]

SIZES = [
    refused("system.n_spins=20", "system.n_spins is 20, but", "GiB"),
    refused("system.n_spins=1000", "system.n_spins is 1000, but"),
    refused("system.n_spins=99999999999999999999999", "system.n_spins is 99999999999999999999999, but"),
    refused("system.n_spins=8 solver.method=dense", "solver.method is 'dense', but it must be"),
    refused("ensemble.realizations=0", "ensemble.realizations is 0, but it must be an integer >= 1."),
    refused("ensemble.realizations=-1", "ensemble.realizations is -1, but it must be an integer >= 1."),
    refused("ensemble.realizations=1e9", "ensemble.realizations is 1000000000.0, but it must be an integer."),
    refused("ensemble.realizations=1000000000", "ensemble.realizations is 1000000000, but it must be"),
    *(
        refused(
            f"ensemble.shard={shard} ensemble.realizations=8", f"ensemble.shard is '{shard}', but it must be null, or K/N"
        )
        for shard in ("0/4", "5/4", "3", "a/b", "1/9", "1/0", "-1/4")
    ),
    refused("observables.kept_spins=8", "observables.kept_spins is 8, but it must be null or an integer from 1 to 7."),
    refused("observables.epr_bin_mhz=1e-9", "observables.epr_bin_mhz is 1e-09, but it must be at least", "bins"),
    refused("observables.epr_bin_mhz=9", "observables.epr_bin_mhz is 9.0, but it must be > 0 and at most"),
    refused("observables.epr_bin_mhz=0.3", "observables.epr_bin_mhz is 0.3, but it must be the window of 8 MHz over"),
    refused("ensemble.workers=-1", "ensemble.workers is -1, but it must be an integer >= 0."),
    refused("ensemble.threads=-1", "ensemble.threads is -1, but it must be an integer >= 0."),
    refused("solver.device=tpu", "solver.device is 'tpu', but it must be cpu or gpu."),
    refused("solver.device=gpu", "solver.device is 'gpu', but it must be cpu"),
    recovered("a thousand workers", Place.forget, line=POINT.replace("workers=1", "workers=1000")),
]


WORDS = (*TYPES_AND_VALUES, *KEYS_AND_OPTIONS, *UNANSWERABLE, *PARSING, *UNITS, *SIZES)
