// Written by scripts/fix.py from the database. Do not edit.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      job_runs: {
        Row: {
          as_of: string;
          error: string | null;
          finished_at: string | null;
          id: string;
          job: string;
          started_at: string;
          status: string;
          summary: Json | null;
        };
        ComputedFields: never;
        Insert: {
          as_of: string;
          error?: string | null;
          finished_at?: string | null;
          id?: string;
          job: string;
          started_at?: string;
          status?: string;
          summary?: Json | null;
        };
        Update: {
          as_of?: string;
          error?: string | null;
          finished_at?: string | null;
          id?: string;
          job?: string;
          started_at?: string;
          status?: string;
          summary?: Json | null;
        };
        Relationships: [];
      };
      organization_invitations: {
        Row: {
          accepted_at: string | null;
          created_at: string;
          email: string;
          expires_at: string;
          id: string;
          invited_by: string | null;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          token_hash: string;
        };
        ComputedFields: never;
        Insert: {
          accepted_at?: string | null;
          created_at?: string;
          email: string;
          expires_at: string;
          id?: string;
          invited_by?: string | null;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          token_hash: string;
        };
        Update: {
          accepted_at?: string | null;
          created_at?: string;
          email?: string;
          expires_at?: string;
          id?: string;
          invited_by?: string | null;
          organization_id?: string;
          role?: Database["public"]["Enums"]["organization_role"];
          token_hash?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_invitations_invited_by_fkey";
            columns: ["invited_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_invitations_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_members: {
        Row: {
          joined_at: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          joined_at?: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        Update: {
          joined_at?: string;
          organization_id?: string;
          role?: Database["public"]["Enums"]["organization_role"];
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_members_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_members_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_settings: {
        Row: {
          billing_email: string | null;
          created_at: string;
          organization_id: string;
          time_zone: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          billing_email?: string | null;
          created_at?: string;
          organization_id: string;
          time_zone?: string;
          updated_at?: string;
        };
        Update: {
          billing_email?: string | null;
          created_at?: string;
          organization_id?: string;
          time_zone?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_settings_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: true;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_status_levels: {
        Row: {
          granted_at: string;
          granted_by: string | null;
          id: string;
          is_active: boolean;
          level: Database["public"]["Enums"]["status_level"];
          notes: string | null;
          organization_id: string;
          revoke_reason: string | null;
          revoked_at: string | null;
          revoked_by: string | null;
          subscription_id: string | null;
          valid_from: string;
          valid_until: string | null;
        };
        ComputedFields: never;
        Insert: {
          granted_at?: string;
          granted_by?: string | null;
          id?: string;
          is_active?: boolean;
          level: Database["public"]["Enums"]["status_level"];
          notes?: string | null;
          organization_id: string;
          revoke_reason?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          subscription_id?: string | null;
          valid_from?: string;
          valid_until?: string | null;
        };
        Update: {
          granted_at?: string;
          granted_by?: string | null;
          id?: string;
          is_active?: boolean;
          level?: Database["public"]["Enums"]["status_level"];
          notes?: string | null;
          organization_id?: string;
          revoke_reason?: string | null;
          revoked_at?: string | null;
          revoked_by?: string | null;
          subscription_id?: string | null;
          valid_from?: string;
          valid_until?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "organization_status_levels_granted_by_fkey";
            columns: ["granted_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_status_levels_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_status_levels_revoked_by_fkey";
            columns: ["revoked_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_status_levels_subscription_id_fkey";
            columns: ["subscription_id"];
            isOneToOne: false;
            referencedRelation: "subscriptions";
            referencedColumns: ["id"];
          },
        ];
      };
      organizations: {
        Row: {
          category: string | null;
          created_at: string;
          created_by: string | null;
          description: string | null;
          id: string;
          inn: string;
          is_published: boolean;
          legal_name: string | null;
          logo_path: string | null;
          name: string;
          region: string | null;
          slug: string;
          updated_at: string;
          website_url: string | null;
        };
        ComputedFields: never;
        Insert: {
          category?: string | null;
          created_at?: string;
          created_by?: string | null;
          description?: string | null;
          id?: string;
          inn: string;
          is_published?: boolean;
          legal_name?: string | null;
          logo_path?: string | null;
          name: string;
          region?: string | null;
          slug: string;
          updated_at?: string;
          website_url?: string | null;
        };
        Update: {
          category?: string | null;
          created_at?: string;
          created_by?: string | null;
          description?: string | null;
          id?: string;
          inn?: string;
          is_published?: boolean;
          legal_name?: string | null;
          logo_path?: string | null;
          name?: string;
          region?: string | null;
          slug?: string;
          updated_at?: string;
          website_url?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "organizations_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_methods: {
        Row: {
          card_last4: string | null;
          card_type: string | null;
          created_at: string;
          expires_at: string | null;
          id: string;
          organization_id: string;
          revoked_at: string | null;
          title: string | null;
          type: string;
          updated_at: string;
          yookassa_payment_method_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          card_last4?: string | null;
          card_type?: string | null;
          created_at?: string;
          expires_at?: string | null;
          id?: string;
          organization_id: string;
          revoked_at?: string | null;
          title?: string | null;
          type: string;
          updated_at?: string;
          yookassa_payment_method_id?: string | null;
        };
        Update: {
          card_last4?: string | null;
          card_type?: string | null;
          created_at?: string;
          expires_at?: string | null;
          id?: string;
          organization_id?: string;
          revoked_at?: string | null;
          title?: string | null;
          type?: string;
          updated_at?: string;
          yookassa_payment_method_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "payment_methods_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_transactions: {
        Row: {
          amount: number;
          cancellation_party: string | null;
          cancellation_reason: string | null;
          checks: number;
          confirmation_url: string | null;
          created_at: string;
          created_by: string | null;
          currency: string;
          id: string;
          idempotence_key: string;
          kind: Database["public"]["Enums"]["transaction_kind"];
          method_saved: boolean | null;
          next_check_at: string | null;
          organization_id: string;
          plan_id: string;
          quarantine_reason: string | null;
          refunded_amount: number;
          request_body: string;
          status: Database["public"]["Enums"]["transaction_status"];
          status_source: string;
          subscription_id: string | null;
          updated_at: string;
          yookassa_payment_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          amount: number;
          cancellation_party?: string | null;
          cancellation_reason?: string | null;
          checks?: number;
          confirmation_url?: string | null;
          created_at?: string;
          created_by?: string | null;
          currency?: string;
          id?: string;
          idempotence_key: string;
          kind: Database["public"]["Enums"]["transaction_kind"];
          method_saved?: boolean | null;
          next_check_at?: string | null;
          organization_id: string;
          plan_id: string;
          quarantine_reason?: string | null;
          refunded_amount?: number;
          request_body: string;
          status?: Database["public"]["Enums"]["transaction_status"];
          status_source?: string;
          subscription_id?: string | null;
          updated_at?: string;
          yookassa_payment_id?: string | null;
        };
        Update: {
          amount?: number;
          cancellation_party?: string | null;
          cancellation_reason?: string | null;
          checks?: number;
          confirmation_url?: string | null;
          created_at?: string;
          created_by?: string | null;
          currency?: string;
          id?: string;
          idempotence_key?: string;
          kind?: Database["public"]["Enums"]["transaction_kind"];
          method_saved?: boolean | null;
          next_check_at?: string | null;
          organization_id?: string;
          plan_id?: string;
          quarantine_reason?: string | null;
          refunded_amount?: number;
          request_body?: string;
          status?: Database["public"]["Enums"]["transaction_status"];
          status_source?: string;
          subscription_id?: string | null;
          updated_at?: string;
          yookassa_payment_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "payment_transactions_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_transactions_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_transactions_plan_id_fkey";
            columns: ["plan_id"];
            isOneToOne: false;
            referencedRelation: "subscription_plans";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_transactions_subscription_id_fkey";
            columns: ["subscription_id"];
            isOneToOne: false;
            referencedRelation: "subscriptions";
            referencedColumns: ["id"];
          },
        ];
      };
      payment_webhooks_log: {
        Row: {
          attempts: number;
          deliveries: number;
          error: string | null;
          event_type: string;
          id: string;
          next_attempt_at: string | null;
          object_id: string;
          object_status: string;
          payload: NonNullable<Json>;
          payload_digest: string;
          processed_at: string | null;
          received_at: string;
          remote_ip: unknown;
          status: string;
        };
        ComputedFields: never;
        Insert: {
          attempts?: number;
          deliveries?: number;
          error?: string | null;
          event_type: string;
          id?: string;
          next_attempt_at?: string | null;
          object_id: string;
          object_status: string;
          payload: NonNullable<Json>;
          payload_digest: string;
          processed_at?: string | null;
          received_at?: string;
          remote_ip?: unknown;
          status: string;
        };
        Update: {
          attempts?: number;
          deliveries?: number;
          error?: string | null;
          event_type?: string;
          id?: string;
          next_attempt_at?: string | null;
          object_id?: string;
          object_status?: string;
          payload?: NonNullable<Json>;
          payload_digest?: string;
          processed_at?: string | null;
          received_at?: string;
          remote_ip?: unknown;
          status?: string;
        };
        Relationships: [];
      };
      platform_admins: {
        Row: {
          appointed_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          appointed_at?: string;
          user_id: string;
        };
        Update: {
          appointed_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "platform_admins_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: true;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      profiles: {
        Row: {
          created_at: string;
          full_name: string;
          id: string;
          locale: string;
          time_zone: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          full_name?: string;
          id: string;
          locale?: string;
          time_zone?: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          full_name?: string;
          id?: string;
          locale?: string;
          time_zone?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      status_level_events: {
        Row: {
          action: Database["public"]["Enums"]["status_level_action"];
          actor_id: string | null;
          actor_kind: string;
          id: number;
          level: Database["public"]["Enums"]["status_level"];
          occurred_at: string;
          organization_id: string;
          reason: string | null;
          valid_until: string | null;
        };
        ComputedFields: never;
        Insert: {
          action: Database["public"]["Enums"]["status_level_action"];
          actor_id?: string | null;
          actor_kind: string;
          id?: never;
          level: Database["public"]["Enums"]["status_level"];
          occurred_at: string;
          organization_id: string;
          reason?: string | null;
          valid_until?: string | null;
        };
        Update: {
          action?: Database["public"]["Enums"]["status_level_action"];
          actor_id?: string | null;
          actor_kind?: string;
          id?: never;
          level?: Database["public"]["Enums"]["status_level"];
          occurred_at?: string;
          organization_id?: string;
          reason?: string | null;
          valid_until?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "status_level_events_actor_id_fkey";
            columns: ["actor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "status_level_events_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      subscription_plans: {
        Row: {
          amount: number;
          currency: string;
          id: string;
          is_active: boolean;
          level: Database["public"]["Enums"]["status_level"];
          limits: NonNullable<Json>;
          period: string;
          position: number;
          requires_verification: boolean;
          title: NonNullable<Json>;
          trial_days: number;
        };
        ComputedFields: never;
        Insert: {
          amount: number;
          currency?: string;
          id: string;
          is_active?: boolean;
          level: Database["public"]["Enums"]["status_level"];
          limits: NonNullable<Json>;
          period: string;
          position: number;
          requires_verification?: boolean;
          title: NonNullable<Json>;
          trial_days?: number;
        };
        Update: {
          amount?: number;
          currency?: string;
          id?: string;
          is_active?: boolean;
          level?: Database["public"]["Enums"]["status_level"];
          limits?: NonNullable<Json>;
          period?: string;
          position?: number;
          requires_verification?: boolean;
          title?: NonNullable<Json>;
          trial_days?: number;
        };
        Relationships: [];
      };
      subscriptions: {
        Row: {
          cancel_at_period_end: boolean;
          canceled_at: string | null;
          created_at: string;
          created_by: string | null;
          current_period_end: string;
          current_period_start: string;
          grace_until: string | null;
          id: string;
          organization_id: string;
          payment_method_id: string | null;
          plan_id: string;
          status: Database["public"]["Enums"]["subscription_status"];
          trial_ends_at: string | null;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          cancel_at_period_end?: boolean;
          canceled_at?: string | null;
          created_at?: string;
          created_by?: string | null;
          current_period_end: string;
          current_period_start: string;
          grace_until?: string | null;
          id?: string;
          organization_id: string;
          payment_method_id?: string | null;
          plan_id: string;
          status: Database["public"]["Enums"]["subscription_status"];
          trial_ends_at?: string | null;
          updated_at?: string;
        };
        Update: {
          cancel_at_period_end?: boolean;
          canceled_at?: string | null;
          created_at?: string;
          created_by?: string | null;
          current_period_end?: string;
          current_period_start?: string;
          grace_until?: string | null;
          id?: string;
          organization_id?: string;
          payment_method_id?: string | null;
          plan_id?: string;
          status?: Database["public"]["Enums"]["subscription_status"];
          trial_ends_at?: string | null;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "subscriptions_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "subscriptions_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "subscriptions_payment_method_id_fkey";
            columns: ["payment_method_id"];
            isOneToOne: false;
            referencedRelation: "payment_methods";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "subscriptions_plan_id_fkey";
            columns: ["plan_id"];
            isOneToOne: false;
            referencedRelation: "subscription_plans";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      accept_invitation: {
        Args: { token: string };
        Returns: {
          joined_at: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        SetofOptions: {
          from: "*";
          to: "organization_members";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      change_member_role: {
        Args: {
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        Returns: {
          joined_at: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          user_id: string;
        };
        SetofOptions: {
          from: "*";
          to: "organization_members";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      claim_payment_sweep: { Args: { as_of?: string; max_items?: number }; Returns: Json };
      configure_platform: { Args: { settings: Json }; Returns: undefined };
      create_organization: {
        Args: { inn: string; name: string; slug: string };
        Returns: {
          category: string | null;
          created_at: string;
          created_by: string | null;
          description: string | null;
          id: string;
          inn: string;
          is_published: boolean;
          legal_name: string | null;
          logo_path: string | null;
          name: string;
          region: string | null;
          slug: string;
          updated_at: string;
          website_url: string | null;
        };
        SetofOptions: {
          from: "*";
          to: "organizations";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      ensure_level_a: { Args: { organization_id: string; subscription_id: string }; Returns: Json };
      fail_notification: {
        Args: { as_of?: string; is_final: boolean; notification_id: string; reason: string };
        Returns: undefined;
      };
      finish_job: {
        Args: { error?: string; run_id: string; status: string; summary?: Json };
        Returns: undefined;
      };
      forget_payment_method: { Args: { payment_method_id: string }; Returns: Json };
      get_organization_status: { Args: { organization_id: string }; Returns: Json };
      get_status_history: {
        Args: { organization_id: string };
        Returns: {
          action: Database["public"]["Enums"]["status_level_action"];
          level: Database["public"]["Enums"]["status_level"];
          occurred_at: string;
          reason: string;
          valid_until: string;
        }[];
      };
      grant_status_level: {
        Args: {
          level: Database["public"]["Enums"]["status_level"];
          notes?: string;
          organization_id: string;
          subscription_id?: string;
          valid_until?: string;
        };
        Returns: string;
      };
      handle_subscription_status_change: {
        Args: {
          new_status: Database["public"]["Enums"]["subscription_status"];
          organization_id: string;
          subscription_id: string;
        };
        Returns: Json;
      };
      invite_member: {
        Args: {
          email: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
        };
        Returns: Json;
      };
      is_grace_period_ended: { Args: { organization_id: string }; Returns: boolean };
      platform_health: { Args: Record<PropertyKey, never>; Returns: Json };
      receive_notification: { Args: { payload: Json; remote_ip?: string }; Returns: Json };
      record_payment: { Args: { as_of?: string; payment: Json; source: string }; Returns: Json };
      record_refusal: { Args: { as_of?: string; reason: string; transaction_id: string }; Returns: Json };
      remove_member: { Args: { organization_id: string; user_id: string }; Returns: undefined };
      revoke_status_level: {
        Args: { level: Database["public"]["Enums"]["status_level"]; organization_id: string; reason: string };
        Returns: Json;
      };
      settle_notification: {
        Args: { as_of?: string; notification_id: string; payment: Json };
        Returns: Json;
      };
      start_checkout: { Args: { kind: string; organization_id: string; plan_id: string }; Returns: Json };
      start_grace_period: { Args: { days?: number; organization_id: string }; Returns: string };
      start_job: { Args: { as_of?: string; job: string }; Returns: string };
      transfer_ownership: { Args: { organization_id: string; user_id: string }; Returns: undefined };
    };
    Enums: {
      organization_role: "viewer" | "editor" | "admin" | "owner";
      status_level: "0" | "A" | "B" | "C";
      status_level_action:
        "granted" | "extended" | "revoked" | "expired" | "grace_started" | "grace_ended" | "superseded";
      subscription_status: "trialing" | "active" | "past_due" | "canceled" | "expired";
      transaction_kind: "trial_hold" | "first_payment" | "renewal" | "plan_change";
      transaction_status:
        "created" | "pending" | "waiting_for_capture" | "succeeded" | "canceled" | "quarantined";
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    keyof (DefaultSchema["Tables"] & DefaultSchema["Views"]) | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    keyof DefaultSchema["Tables"] | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    keyof DefaultSchema["Tables"] | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    keyof DefaultSchema["Enums"] | { schema: keyof DatabaseWithoutInternals },
  EnumName extends (DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never) = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    keyof DefaultSchema["CompositeTypes"] | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends (PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never) = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {
      organization_role: ["viewer", "editor", "admin", "owner"],
      status_level: ["0", "A", "B", "C"],
      status_level_action: [
        "granted",
        "extended",
        "revoked",
        "expired",
        "grace_started",
        "grace_ended",
        "superseded",
      ],
      subscription_status: ["trialing", "active", "past_due", "canceled", "expired"],
      transaction_kind: ["trial_hold", "first_payment", "renewal", "plan_change"],
      transaction_status: [
        "created",
        "pending",
        "waiting_for_capture",
        "succeeded",
        "canceled",
        "quarantined",
      ],
    },
  },
} as const;
